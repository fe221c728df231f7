"""The report of measured splits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reports.locale.catalogue import words_of
from reports.render.surveys import survey_head

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.analysis.splits import SplitsAnalysis


def splits_context(
    analysis: SplitsAnalysis, served: Sequence[Sequence[str]], lang: str
) -> dict[str, Any]:
    """Return what the template needs; `served`: the state of each side of each split."""
    head = survey_head(analysis.record, analysis.verdicts, words_of(lang), "title_splits")
    sides = [
        zip(split.sides, states, strict=True)
        for split, states in zip(analysis.splits, served, strict=True)
    ]
    return head | {"splits": list(zip(analysis.splits, map(list, sides), strict=True))}
