"""The report of measured splits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reports.locale.catalogue import text_of, words_of
from reports.render.surveys import survey_head

if TYPE_CHECKING:
    from reports.analysis.splits import SplitsAnalysis


def split_texts(analysis: SplitsAnalysis, lang: str) -> list[str]:
    """Return what was measured in every split, for a console."""
    return [text_of(sentence, lang) for sentence in analysis.sentences]


def splits_context(analysis: SplitsAnalysis, lang: str) -> dict[str, Any]:
    """Return what the template needs."""
    head = survey_head(analysis.record, analysis.verdicts, words_of(lang), "title_splits")
    sides = [
        list(zip(split.sides, states, strict=True))
        for split, states in zip(analysis.splits, analysis.states, strict=True)
    ]
    return head | {"splits": list(zip(analysis.splits, sides, strict=True))}
