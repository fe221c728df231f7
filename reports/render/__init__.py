"""Writes the report of a run: a page, Markdown, and what other programs read."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from reports.analysis.evidence import latest_s
from reports.analysis.verdict import FEW_TRIALS
from reports.history.schema import STATES
from reports.render.environment import environment
from reports.render.machine import junit_of, metrics, write_tables
from reports.render.observed import is_observation
from reports.render.tables import (
    RECOVERY_COLUMNS,
    STATE_COLUMNS,
    cost_rows,
    headline,
    recovery_texts,
    state_texts,
)
from reports.render.timeline import lettered_stages, timeline

if TYPE_CHECKING:
    from pathlib import Path

    from reports.analysis import Analysis
    from reports.history.reader import TrialHistory

PAGES = {"index.html": "report.html.j2", "report.md": "report.md.j2"}


def served_by(trial: TrialHistory) -> list[tuple[str, float]]:
    """Return the share of the good requests during the fault that each master served."""
    since_s, until_s = trial.time_of("effect_confirmed"), trial.time_of("heal_begin")
    if since_s is None or until_s is None:
        return []
    samples = trial.samples[~trial.samples["probe"].isin(STATES)]
    held = samples[samples["good"] & samples["started_s"].between(since_s, until_s)]
    shares = held["master"].value_counts(normalize=True).sort_index()
    return [(str(master), float(value)) for master, value in shares.items()]


def _trial_context(analysis: Analysis, place: int) -> dict[str, Any]:
    trial = analysis.trials[place]
    cpu = [event for event in trial.events if event["kind"] == "probe_cpu"]
    return {
        "record": trial.record,
        "verdicts": analysis.by_trial[place],
        "timeline": timeline(trial),
        "stages": lettered_stages(trial),
        "served_by": served_by(trial),
        "requests": int((~trial.samples["probe"].isin(STATES)).sum()),
        "late_ms": latest_s(trial.samples) * 1000,
        "prober_cores": sum(event["cores"] for event in cpu),
    }


def fewest_trials(analysis: Analysis) -> int:
    """Return the number of trials of the experiment that has the fewest."""
    counts = Counter(trial.record.experiment for trial in analysis.trials)
    return min(counts.values(), default=0)


def write_report(directory: Path, analysis: Analysis) -> Path:
    """Write report/ of a run directory; return the path of its page."""
    report = directory / "report"
    write_tables(analysis.tables, report / "tables")
    (report / "junit.xml").write_bytes(junit_of(analysis.run.name, analysis.verdicts))
    (report / "metrics.txt").write_bytes(metrics(analysis))
    context = {
        "run": analysis.run,
        "headline": headline(analysis),
        "few": fewest_trials(analysis) < FEW_TRIALS and not is_observation(analysis),
        "verdicts": analysis.verdicts,
        "costs": cost_rows(analysis),
        "columns": RECOVERY_COLUMNS,
        "recovery": recovery_texts(analysis),
        "state_columns": STATE_COLUMNS,
        "states": state_texts(analysis),
        "trials": [_trial_context(analysis, place) for place in range(len(analysis.trials))],
    }
    templates = environment()
    for name, template in PAGES.items():
        text = templates.get_template(template).render(context)
        (report / name).write_text(text, encoding="utf-8")
    return report / "index.html"
