"""Surveys of record 1, written again as record 3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reports.history.survey_plan import PlannedCell, PlannedSplit
from reports.history.surveys import CellRecord, SplitRecord, SurveyRecord, SurveyWriter
from tests.net.convert_suites import header, lines_of

if TYPE_CHECKING:
    from pathlib import Path

# texts that were "" where there was none
TEXTS = ("differing", "evidence", "reason")
# names that were other ones
RENAMED = {"offered": "sent", "offered_s": "sent_s"}
KEPT = ("sizes", "faults", "trials", "timeouts", "peer_tls", "expected")


def survey(old: Path, record: dict[str, Any], new: Path) -> None:
    """Write a tolerance table or splits. All of a whole one was planned, and nothing else."""
    kind = record["kind"]
    model = CellRecord if kind == "tolerance" else SplitRecord
    plan = PlannedCell if kind == "tolerance" else PlannedSplit
    rows = [model.model_validate(_as_now(line)) for line in lines_of(old / "cells.jsonl")]
    made = SurveyRecord(
        **header({**record, "name": record["id"]}),
        **{name: record[name] for name in KEPT},
        kind=kind,
        planned=[plan(**row.model_dump(include=set(plan.model_fields))) for row in rows],
        environments={"etcd": record["etcd_environment"]},
    )
    writer = SurveyWriter(new, made)
    for row in rows:
        writer.row(row)
    writer.end(record["status"])


def _as_now(line: dict[str, Any]) -> dict[str, Any]:
    new = {
        RENAMED.get(name, name): value
        for name, value in line.items()
        if value != "" or name not in TEXTS
    }
    if "sides" in new:
        new["sides"] = [_as_now(side) for side in new["sides"]]
    return new
