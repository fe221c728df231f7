"""Splits: which side of a split cluster served."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from reports.analysis.splits import analyse_splits, shown
from reports.analysis.survey_figures import split_figures
from reports.analysis.tolerance import is_served
from reports.history.tolerance import read_splits
from reports.kinds.judged import Judged
from reports.kinds.surveys import doubted
from reports.render.splits import splits_context

if TYPE_CHECKING:
    from pathlib import Path


def judge(directory: Path, _lang: str) -> Judged:
    """Judge splits by what is left of them. Raises ReportError."""
    survey = read_splits(directory)
    measured = analyse_splits(survey.record, survey.rows)
    analysis, figures = doubted(measured, split_figures(measured), survey.damage)
    served = [[is_served(side) for side in split.sides] for split in analysis.splits]
    return Judged(
        analysis.record,
        analysis.verdicts,
        figures,
        analysis.tables,
        "splits",
        [shown(split) for split in analysis.splits],
        {"index.html": "splits.html.j2", "report.md": "survey.md.j2"},
        partial(splits_context, analysis, served),
        [*survey.damage, *survey.missing],
    )
