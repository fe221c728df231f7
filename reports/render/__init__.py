"""Writes the report of a run: HTML, Markdown and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from reports.analysis import judge_run
from reports.history.reader import read_run
from reports.render.timeline import timeline

if TYPE_CHECKING:
    from pathlib import Path

TEMPLATES = Environment(
    loader=PackageLoader("reports.render"), autoescape=True, undefined=StrictUndefined
)


def write_report(directory: Path) -> Path:
    """Write report/index.html and report/tables/recovery.csv; return the page's path."""
    record = read_run(directory)
    recovery, verdicts = judge_run(directory)
    report = directory / "report"
    (report / "tables").mkdir(parents=True, exist_ok=True)
    recovery.to_csv(report / "tables" / "recovery.csv", index=False)
    trials = [
        {"record": trial, "verdicts": found, "timeline": timeline(directory, trial, record)}
        for trial, found in zip(record.trials, verdicts, strict=True)
    ]
    table = recovery.to_html(index=False, border=0, float_format="{:.2f}".format, na_rep="-")
    page = TEMPLATES.get_template("report.html.j2").render(
        record=record, trials=trials, recovery=table
    )
    path = report / "index.html"
    path.write_text(page, encoding="utf-8")
    return path
