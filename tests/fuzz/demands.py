"""Demands that hold just so, and others that are just violated: a mutation decides between them."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from typing import TYPE_CHECKING

from reports.analysis.evidence import evidence_of
from reports.analysis.metrics import METRICS
from reports.analysis.operation_metrics import OPERATIONS
from reports.analysis.outages import mark_good
from reports.analysis.series_metrics import series_figure
from reports.analysis.windows import window_of
from reports.history.reader import read_suite
from reports.history.run_json import write_record
from reports.history.schema import Expectation

if TYPE_CHECKING:
    from pathlib import Path

    from reports.bracket import Figure
    from reports.history.schema import ExperimentRecord
    from reports.history.trial import TrialHistory

# more would only take time
DEMANDS = 20


def demand(run: Path) -> None:
    """Add demands that hold just so, and others that are just violated, by what was measured."""
    record, trials, _ = read_suite(run)
    for experiment in record.experiments:
        of_it = next(trial for trial in trials if trial.experiment.id == experiment.id)
        marked = replace(of_it, samples=mark_good(of_it.samples, record.deadline_s))
        experiment.expect.extend(_demands(marked, experiment))
    write_record(run, record)


def _demands(trial: TrialHistory, experiment: ExperimentRecord) -> list[Expectation]:
    evidence, made = evidence_of(trial), []
    windows = [{}, *({"during": step.id} for step in experiment.faults)]
    windows += [{"after_heal_of": step.id} for step in experiment.faults]
    for name, metric in METRICS.items():
        abouts = [{}]
        if metric.needs == "series":
            abouts = [{"probe": it.probe, "connection": it.connection} for it in experiment.series]
        elif experiment.operations is None:
            continue
        for about in abouts:
            for window in windows:
                if next(iter(window), "") not in metric.windows:
                    continue
                asked = Expectation(
                    id=f"fuzz-{name}-{len(made)}",
                    metric=name,
                    op="at_most",
                    value=0,
                    **about,
                    **window,
                )
                figure = (
                    series_figure(evidence, asked)
                    if metric.needs == "series"
                    else OPERATIONS[name](evidence, window_of(trial, asked))
                )
                made += _tight(asked, figure)
    chance = random.Random(experiment.id)
    return chance.sample(made, min(DEMANDS, len(made)))


def _tight(asked: Expectation, figure: Figure) -> list[Expectation]:
    """Return demands that this figure just meets, and just does not."""
    lower, upper = figure.bracket.lower, figure.bracket.upper
    if figure.unknown or not (math.isfinite(lower) and math.isfinite(upper)):
        lower, upper = 0.5, 0.5
    bounds = {
        "met-at-most": ("at_most", upper),
        "missed-at-most": ("at_most", lower - 1e-6),
        "met-at-least": ("at_least", lower),
        "missed-at-least": ("at_least", upper + 1e-6),
    }
    return [
        asked.model_copy(update={"id": f"{asked.id}-{name}", "op": op, "value": value})
        for name, (op, value) in bounds.items()
    ]
