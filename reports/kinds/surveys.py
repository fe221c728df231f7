"""What surveys have in common: one that was whole and is so no longer proves nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from reports.bracket import unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.analysis.splits import SplitsAnalysis
    from reports.analysis.tolerance import ToleranceAnalysis
    from reports.bracket import Figure

Analysis = TypeVar("Analysis", "ToleranceAnalysis", "SplitsAnalysis")


def doubted(
    analysis: Analysis, figures: dict[str, Figure], damage: Sequence[str]
) -> tuple[Analysis, dict[str, Figure]]:
    """Return analysis and figures without what holds by what is left of a survey.

    `damage`: what of it cannot be read.
    """
    if not damage or analysis.record.status != "complete":
        return analysis, figures
    verdicts = [
        replace(verdict, verdict="unknown", note=f"{damage[0]}; without it: {verdict.note}")
        if verdict.verdict == "holds"
        else verdict
        for verdict in analysis.verdicts
    ]
    return replace(analysis, verdicts=verdicts), dict.fromkeys(figures, unknown(damage[0]))
