"""A suite: experiments, each in trials; an experiment without steps observes an endpoint."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from reports.analysis.suite import analyse_suite
from reports.history.reader import read_suite
from reports.kinds.judged import Judged
from reports.locale.catalogue import words_of
from reports.render.console_table import ConsoleTable
from reports.render.machine_formats import metrics
from reports.render.suite import suite_context, suite_sentences
from reports.render.tables import CONSOLE_COLUMNS, console_texts

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from reports.analysis.suite import SuiteAnalysis
    from reports.history.schema import SuiteRecord
    from reports.locale.message import Message


def judge(directory: Path) -> Judged:
    """Judge every trial. Raises ReportError."""
    record, trials, missing = read_suite(directory)
    return judged_suite(analyse_suite(record, trials), missing)


def judged_suite(analysis: SuiteAnalysis, missing: list[Message]) -> Judged:
    """Return what a report is made from; `missing`: what could not be read."""
    record, recovery = analysis.record, analysis.tables["recovery"]
    only_operations = recovery.empty and "consistency" in analysis.tables
    return Judged(
        record,
        analysis.verdicts,
        analysis.figures,
        analysis.tables,
        "figures" if only_operations else "recovery",
        partial(suite_sentences, analysis),
        {"index.html": "report.html.j2", "report.md": "report.md.j2"},
        partial(suite_context, analysis),
        missing,
        partial(_console_table, recovery, record),
        {"metrics.txt": metrics(recovery, analysis.grades)},
    )


def _console_table(recovery: pd.DataFrame, record: SuiteRecord, lang: str) -> ConsoleTable:
    words = words_of(lang)
    columns = tuple(words[column] for column in CONSOLE_COLUMNS)
    rows = console_texts(recovery, record, words)
    return ConsoleTable(words["recovery-in-seconds"], columns, 3, rows)
