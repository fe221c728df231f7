"""Surveys: how many failed members a cluster tolerates, and which side of a split serves."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from reports.analysis.splits import analyse_splits
from reports.analysis.survey_figures import split_figures, tolerance_figures
from reports.analysis.tolerance import analyse_tolerance
from reports.history.surveys import read_splits, read_tolerance
from reports.kinds.judged import Judged
from reports.render.splits import split_texts, splits_context
from reports.render.tolerance import table_texts, tolerance_context

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reports.analysis.splits import SplitsAnalysis
    from reports.analysis.tolerance import ToleranceAnalysis
    from reports.bracket import Figure
    from reports.history.surveys import CellRecord, SplitRecord, SurveyHistory

Analysis = TypeVar("Analysis", "ToleranceAnalysis", "SplitsAnalysis")


def judge_tolerance(directory: Path) -> Judged:
    """Judge a measured table by the cells that can be read. Raises ReportError."""
    survey = read_tolerance(directory)
    analysis = analyse_tolerance(survey.record, survey.rows)
    figures = tolerance_figures(analysis)
    return _judged(survey, analysis, figures, "majority", table_texts, tolerance_context)


def judge_splits(directory: Path) -> Judged:
    """Judge measured splits by those that can be read. Raises ReportError."""
    survey = read_splits(directory)
    analysis = analyse_splits(survey.record, survey.rows)
    return _judged(survey, analysis, split_figures(analysis), "splits", split_texts, splits_context)


def _judged(
    survey: SurveyHistory[CellRecord] | SurveyHistory[SplitRecord],
    analysis: Analysis,
    figures: dict[str, Figure],
    principal: str,
    texts: Callable[[Analysis, str], list[str]],
    context: Callable[[Analysis, str], dict[str, Any]],
) -> Judged:
    """Return what a report is made from."""
    return Judged(
        analysis.record,
        analysis.verdicts,
        figures,
        analysis.tables,
        principal,
        partial(texts, analysis),
        {"index.html": f"{survey.record.kind}.html.j2", "report.md": "survey.md.j2"},
        partial(context, analysis),
        [*survey.damage, *survey.missing],
    )
