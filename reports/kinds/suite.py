"""A suite: experiments, each in trials; an endpoint that is observed is one without steps."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from reports.analysis.suite import analyse_suite
from reports.history.reader import read_suite
from reports.kinds.judged import ConsoleTable, Judged
from reports.render.headline import headline
from reports.render.machine_formats import metrics
from reports.render.suite import suite_context
from reports.render.tables import CONSOLE_COLUMNS, console_texts

if TYPE_CHECKING:
    from pathlib import Path

    from reports.analysis.suite import SuiteAnalysis


def judge(directory: Path, lang: str) -> Judged:
    """Judge every trial. Raises ReportError."""
    record, trials, missing = read_suite(directory)
    return judged_suite(analyse_suite(record, trials), missing, lang)


def judged_suite(analysis: SuiteAnalysis, missing: list[str], lang: str) -> Judged:
    """Return what a report is made from; `missing`: what could not be read."""
    record, recovery = analysis.record, analysis.tables["recovery"]
    alone = recovery.empty and "consistency" in analysis.tables  # operations, and no requests
    return Judged(
        record,
        analysis.verdicts,
        analysis.figures,
        analysis.tables,
        "figures" if alone else "recovery",
        [headline(analysis, lang)],
        {"index.html": "report.html.j2", "report.md": "report.md.j2"},
        partial(suite_context, analysis),
        missing,
        ConsoleTable("recovery, in seconds", CONSOLE_COLUMNS, 3, console_texts(recovery, record)),
        {"metrics.txt": metrics(recovery)},
    )
