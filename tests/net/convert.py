"""Test-only: a run directory of halab 0.1 (record 1) written again as record 3.

What was observed goes through the writers of the tree under test. What record 1 did not hold
(numbered lines, operations sent a process, planned cells) is what a whole run of record 3 holds.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reports.history.claims import ClaimsRecord
from reports.history.run_json import write_record
from tests.net.convert_proofs import proof
from tests.net.convert_suites import header, suite
from tests.net.convert_surveys import survey

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# figures of proofs that claims are decided by, as they are named now
PROOF_FIGURES = {
    "lost": "lost_writes",
    "stale": "stale_reads",
    "differing": "differing_members",
    "last_write": "last_writes",
    "rejoined_s": "rejoined_s",
    "tolerates_again": "served_writes",
    "refused_when_strict": "refused_when_strict",
    "accepted_when_not": "accepted_when_lenient",
    "writes_stopped": "writes_stopped",
}


def convert(old: Path, new: Path) -> Path:
    """Write the run in `old`, of whatever kind, into `new`; return `new`."""
    record = json.loads((old / "run.json").read_text(encoding="utf-8"))
    assert record["schema_version"] == 1
    CONVERTERS[record.get("kind", "suite")](old, record, new)
    return new


def claims(old: Path, record: dict[str, Any], new: Path) -> None:
    """Write a claims run and, below it, the runs of its experiments."""
    experiments = record["experiments"]
    proofs = {}
    for name, ran in experiments.items():
        if ran["directory"]:
            below = json.loads((old / ran["directory"] / "run.json").read_text(encoding="utf-8"))
            convert(old / ran["directory"], new / ran["directory"])
            if ran["kind"] == "proof":
                ran["kind"] = "suite"
                proofs[name] = below["name"]
        ran["status"] = "failed" if ran["reason"] or not ran["directory"] else "complete"
        ran["reason"] = ran["reason"] or None
    for claim in record["claims"]:
        for check in claim["expect"]:
            experiment, _, figure = check["figure"].partition("/")
            if experiment in proofs:
                now = f"{proofs[experiment]}.{PROOF_FIGURES[figure]}"
                check["figure"] = f"{experiment}/{now}"
    about = {**header(record), "title": record["title"], "claims": record["claims"]}
    write_record(new, ClaimsRecord.model_validate({**about, "experiments": experiments}))


CONVERTERS: dict[str, Callable[[Path, dict[str, Any], Path], None]] = {
    "suite": suite,
    "proof": proof,
    "tolerance": survey,
    "splits": survey,
    "claims": claims,
}
