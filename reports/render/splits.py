"""The report of measured splits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.analysis.splits import shown
from reports.analysis.tolerance import is_served
from reports.render.common_words import COMMON_WORDS
from reports.render.environment import write_pages
from reports.render.languages import WORDS
from reports.render.machine import junit_of, write_tables
from reports.render.surveys import survey_head

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reports.analysis.splits import SplitsAnalysis


def splits_texts(analysis: SplitsAnalysis) -> list[str]:
    """Return one line a split for a console."""
    return [shown(split) for split in analysis.splits]


def write_splits_report(
    directory: Path, analysis: SplitsAnalysis, lang: str, missing: Sequence[str] = ()
) -> Path:
    """Write report/ of a run directory; return the path of its page.

    `missing`: what of the directory could not be read.
    """
    report = directory / "report"
    write_tables(analysis.tables, report / "tables")
    (report / "junit.xml").write_bytes(junit_of("splits", analysis.verdicts))
    words = COMMON_WORDS[lang] | WORDS[lang]
    context = {
        **survey_head(analysis.record, analysis.verdicts, words, lang, missing),
        "title": words["splits_title"],
        "splits": analysis.splits,
        "state_of": is_served,
    }
    write_pages(report, {"index.html": "splits.html.j2", "report.md": "survey.md.j2"}, context)
    return report / "index.html"
