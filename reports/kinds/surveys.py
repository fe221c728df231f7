"""Surveys: how many failed members a cluster tolerates, and which side of a split serves."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from reports.analysis.splits import analyse_splits
from reports.analysis.survey_figures import split_figures, tolerance_figures
from reports.analysis.tolerance import analyse_tolerance
from reports.bracket import unknown
from reports.history.surveys import read_splits, read_tolerance
from reports.kinds.judged import Judged
from reports.locale.message import message
from reports.render.splits import split_texts, splits_context
from reports.render.tolerance import table_texts, tolerance_context

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reports.analysis.splits import SplitsAnalysis
    from reports.analysis.tolerance import ToleranceAnalysis
    from reports.bracket import Figure
    from reports.history.surveys import CellRecord, SplitRecord, SurveyHistory
    from reports.locale.message import Message
    from reports.verdict import Verdict

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
    """Return what a report is made from.

    A complete survey of which a part cannot be read proves nothing: that part may violate it.
    """
    if survey.damage and survey.record.status == "complete":
        damage = survey.damage[0]
        verdicts = [_without_proof(verdict, damage) for verdict in analysis.verdicts]
        analysis = replace(analysis, verdicts=verdicts)
        figures = dict.fromkeys(figures, unknown(damage))
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


def _without_proof(verdict: Verdict, damage: Message) -> Verdict:
    if verdict.verdict != "holds":
        return verdict
    note = message("without-damaged-rows", damage=damage, note=verdict.note)
    return replace(verdict, verdict="unknown", note=note)
