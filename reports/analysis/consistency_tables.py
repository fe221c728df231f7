"""The tables of what the check of operations found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from reports.analysis.consistency.violations import RULES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.analysis.evidence import Evidence

COUNTS = ("acknowledged", "reads", "events", "unanswered", "seen_later")
CONSISTENCY_COLUMNS = ("trial", "experiment", *COUNTS, *RULES, "unknown")
VIOLATION_COLUMNS = ("trial", "experiment", "rule", "note", "operations")


def consistency_tables(trials: Sequence[Evidence]) -> dict[str, pd.DataFrame]:
    """Return the tables of all trials that had operations; none where no trial had any."""
    checked = [(one.trial, one.check) for one in trials if one.check is not None]
    if not checked:
        return {}
    counts: list[tuple[Any, ...]] = []
    violations: list[tuple[Any, ...]] = []
    for trial, found in checked:
        about = (trial.record.index, trial.experiment.id)
        numbers = [getattr(found, name) for name in COUNTS]
        counts.append((*about, *numbers, *(found.counts[rule] for rule in RULES), found.unknown))
        violations += [
            (*about, one.rule, one.note, " | ".join(map(str, one.operations)))
            for one in found.violations
        ]
    return {
        "consistency": pd.DataFrame(counts, columns=list(CONSISTENCY_COLUMNS)),
        "violations": pd.DataFrame(violations, columns=list(VIOLATION_COLUMNS)),
    }
