"""What the operations of a suite's trials show: verdicts, and the tables that carry them. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from reports.analysis.consistency import Check, check
from reports.analysis.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.analysis.consistency import Rule
    from reports.analysis.verdict import Kind
    from reports.history.final import FinalState
    from reports.history.reader import TrialHistory

# demand -> the rules that break it
DEMANDS: dict[str, tuple[Rule, ...]] = {
    "nothing-lost": ("lost",),
    "nothing-stale": ("unique", "order", "value", "invented", "repeated"),
    "watches-in-order": ("watch",),
}
CONSISTENCY_COLUMNS = [
    *("trial", "experiment", "acknowledged", "reads", "events", "unanswered", "seen_later"),
    *("unique", "order", "value", "invented", "repeated", "lost", "watch"),
    "unknown",
]
VIOLATION_COLUMNS = ["trial", "experiment", "rule", "note", "operations"]


@dataclass(frozen=True)
class TrialCheck:
    """What was found in one trial."""

    trial: TrialHistory
    found: Check

    def verdicts(self) -> list[Verdict]:
        """Judge each demand. What is wrong is wrong, in a trial that proves nothing too."""
        record, found = self.trial.record, self.found
        doubt = record.unknown_reason or found.unknown
        seen = (
            f"{found.acknowledged} acknowledged writes, {found.reads} reads, {found.events} events "
            f"of watches, {found.unanswered} writes without an answer"
        )
        judged = []
        for name, rules in DEMANDS.items():
            shown = [one for one in found.violations if one.rule in rules]
            kind: Kind = "violated" if shown else "unknown" if doubt else "holds"
            note = doubt or f"of {seen}"
            if shown:
                count = sum(found.counts[rule] for rule in rules)
                evidence = " | ".join(map(str, shown[0].operations))
                note = f"{count} of {seen}; the first: {shown[0].note}: {evidence}"
            elif name == "watches-in-order" and not found.events and not doubt:
                kind, note = "unknown", "no watch told anything"
            judged.append(Verdict(f"{record.experiment}-{name}", record.experiment, kind, note))
        return [*judged, _members(self.trial)]

    def row(self) -> dict[str, Any]:
        """Return the row of CONSISTENCY_COLUMNS."""
        found, record = self.found, self.trial.record
        counts = {
            name: getattr(found, name)
            for name in ("acknowledged", "reads", "events", "unanswered", "seen_later")
        }
        about = {"trial": record.index, "experiment": record.experiment}
        broken = {str(rule): count for rule, count in found.counts.items()}
        return {**about, **counts, **broken, "unknown": found.unknown}

    def violations(self) -> list[dict[str, Any]]:
        """Return the rows of VIOLATION_COLUMNS."""
        record = self.trial.record
        return [
            {
                "trial": record.index,
                "experiment": record.experiment,
                "rule": one.rule,
                "note": one.note,
                "operations": " | ".join(map(str, one.operations)),
            }
            for one in self.found.violations
        ]


def check_trial(trial: TrialHistory) -> TrialCheck | None:
    """Check the operations of a trial; None where it was to have none."""
    if trial.operations is None:
        return None
    final = trial.final.versions if trial.final else None
    return TrialCheck(trial, check(trial.operations, final))


def differing(final: FinalState) -> tuple[list[str], str]:
    """Return the members that differ from most or are silent, and what was seen."""
    states = {name: (one.revision, one.hash) for name, one in final.members.items()}
    (common, _), *_ = Counter(states.values()).most_common(1)
    silent = [f"{name}: {one.error}" for name, one in final.members.items() if one.error]
    others = [
        name for name, state in states.items() if state != common or final.members[name].error
    ]
    if others:
        return others, "; ".join(silent) or f"revision and hash: {states}"
    return [], f"all {len(states)} members: revision {common[0]}, hash {common[1]}"


def _members(trial: TrialHistory) -> Verdict:
    """Judge whether all members have one state, and each took a last write."""
    identity, experiment = f"{trial.record.experiment}-members-agree", trial.record.experiment
    if trial.final is None:
        reason = trial.record.unknown_reason or "the members were not asked in the end"
        return Verdict(identity, experiment, "unknown", reason)
    others, evidence = differing(trial.final)
    failed = [f"{n}: {one.last_write}" for n, one in trial.final.members.items() if one.last_write]
    kind: Kind = "violated" if others or failed else "holds"
    return Verdict(identity, experiment, kind, "; ".join([*failed, evidence]))


def consistency_tables(checks: Sequence[TrialCheck]) -> dict[str, pd.DataFrame]:
    """Return the tables of all trials that had operations; none where no trial had any."""
    if not checks:
        return {}
    found = [row for one in checks for row in one.violations()]
    return {
        "consistency": pd.DataFrame([one.row() for one in checks], columns=CONSISTENCY_COLUMNS),
        "violations": pd.DataFrame(found, columns=VIOLATION_COLUMNS),
    }
