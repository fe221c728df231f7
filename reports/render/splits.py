"""The report of measured splits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.analysis.splits import shown
from reports.analysis.tolerance import is_served
from reports.render.environment import environment
from reports.render.languages import WORDS
from reports.render.machine import junit_of, write_tables

if TYPE_CHECKING:
    from pathlib import Path

    from reports.analysis.splits import SplitsAnalysis


def splits_texts(analysis: SplitsAnalysis) -> list[str]:
    """Return one line a split for a console."""
    return [shown(split) for split in analysis.splits]


def write_splits_report(directory: Path, analysis: SplitsAnalysis, lang: str) -> Path:
    """Write report/ of a run directory; return the path of its page."""
    report = directory / "report"
    write_tables(analysis.tables, report / "tables")
    (report / "junit.xml").write_bytes(junit_of("splits", analysis.verdicts))
    kinds = [one.verdict for one in analysis.verdicts]
    context = {
        "record": analysis.record,
        "words": WORDS[lang],
        "lang": lang,
        "verdicts": analysis.verdicts,
        "counts": {kind: kinds.count(kind) for kind in ("holds", "violated", "unknown")},
        "splits": analysis.splits,
        "state_of": is_served,
    }
    path = report / "index.html"
    page = environment().get_template("splits.html.j2").render(context)
    path.write_text(page, encoding="utf-8")
    return path
