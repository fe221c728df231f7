"""The tables of the check of operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from reports.analysis.consistency.violations import RULES
from reports.locale.message import joined

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.analysis.evidence import Evidence

COUNTS = ("acknowledged", "reads", "events", "unanswered", "seen_later")
CONSISTENCY_COLUMNS = ("trial", "experiment", *COUNTS, *RULES, "unknown")
VIOLATION_COLUMNS = ("trial", "experiment", "rule", "note", "operations")


def consistency_tables(trials: Sequence[Evidence]) -> dict[str, pd.DataFrame]:
    """Return the tables of all trials that had operations; none where no trial had any."""
    checked = [
        (evidence.trial, evidence.check) for evidence in trials if evidence.check is not None
    ]
    if not checked:
        return {}
    counts: list[tuple[Any, ...]] = []
    violations: list[tuple[Any, ...]] = []
    for trial, check in checked:
        about = (trial.record.index, trial.experiment.id)
        numbers = [getattr(check, name) for name in COUNTS]
        counts.append(
            (*about, *numbers, *(check.counts[rule] for rule in RULES), check.unknown or "")
        )
        for violation in check.violations:
            operations = joined(*(operation.text for operation in violation.operations))
            violations.append((*about, violation.rule, violation.note, operations))
    return {
        "consistency": pd.DataFrame(counts, columns=list(CONSISTENCY_COLUMNS)),
        "violations": pd.DataFrame(violations, columns=list(VIOLATION_COLUMNS)),
    }
