"""A tolerance table: one cell a size, number of failures and kind of fault."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from reports.analysis.survey_figures import tolerance_figures
from reports.analysis.tolerance import analyse_tolerance
from reports.history.tolerance import read_tolerance
from reports.kinds.judged import Judged
from reports.kinds.surveys import doubted
from reports.render.tolerance import table_texts, tolerance_context

if TYPE_CHECKING:
    from pathlib import Path


def judge(directory: Path, _lang: str) -> Judged:
    """Judge a table by what is left of it. Raises ReportError."""
    survey = read_tolerance(directory)
    measured = analyse_tolerance(survey.record, survey.rows)
    analysis, figures = doubted(measured, tolerance_figures(measured), survey.damage)
    return Judged(
        analysis.record,
        analysis.verdicts,
        figures,
        analysis.tables,
        "majority",
        table_texts(analysis),
        {"index.html": "tolerance.html.j2", "report.md": "survey.md.j2"},
        partial(tolerance_context, analysis),
        [*survey.damage, *survey.missing],
    )
