"""The figures of a suite's run, by name, for claims to be decided by.

EXPERIMENT.PROBE.CONNECTION.METRIC: outage_s, hold_outage_s, degraded_s, all_good_after_heal_s (the
worst of all workers and trials), hold_good_share, availability (the lowest), workers_hit (at how
many workers a request was bad before the heal); of several injections the worst, and of each
EXPERIMENT.INJECTION.PROBE.CONNECTION.METRIC. EXPERIMENT.masters_before, .masters_during: how many
masters served a worker, the fewest of all workers. EXPERIMENT.dial.STEP: 1 if it was answered.
EXPERIMENT.moved.LEASE: 1 if another one held the lease at the last heal than before the first
fault. EXPERIMENT.METRIC: of operations. EXPERIMENT.verdict.ID: 1 if an expectation held.
lab.balancer_nodes: hosts that the lab has for balancing alone. EXPERIMENT itself is there, and
unknown, when it was not measured well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.analysis.metrics import METRICS
from reports.analysis.operation_metrics import OPERATIONS, is_wrong, operation_figure
from reports.analysis.series_figures import series_figures
from reports.analysis.windows import whole, window_of
from reports.bracket import Figure, exact, unknown
from reports.history.events import Dial

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

    from reports.analysis.evidence import Evidence
    from reports.analysis.metrics import Metric
    from reports.history.schema import Expectation, ExperimentRecord, SuiteRecord
    from reports.verdict import Verdict

Named = tuple[str, Figure]


def suite_figures(
    record: SuiteRecord,
    trials: Sequence[Evidence],
    verdicts: Sequence[Verdict],
    tables: Mapping[str, pd.DataFrame],
) -> dict[str, Figure]:
    """Return every figure of a run, from its judged trials and the tables of outages and trials."""
    found = {"lab.balancer_nodes": _balancer_nodes(record.experiments)}
    for experiment in record.experiments:
        mine = [one for one in trials if one.trial.experiment.id == experiment.id]
        if reason := next((one.whole_doubt for one in mine if one.whole_doubt), ""):
            found[experiment.id] = unknown(reason)  # for those that there is not even a name of
        measured = [*series_figures(experiment, mine, tables), *_dials(mine)]
        found |= {f"{experiment.id}.{name}": figure for name, figure in measured}
        judged = [*_of_operations(experiment, mine), *_of_verdicts(experiment.id, verdicts)]
        found |= {f"{experiment.id}.{name}": figure for name, figure in judged}
    return found


def _balancer_nodes(experiments: Sequence[ExperimentRecord]) -> Figure:
    counts = {int(one.lab.get("balancer_nodes", 0)): one.lab.get("lb") for one in experiments}
    if len(counts) != 1:
        return unknown("the labs of the experiments differ in it")
    ((count, mode),) = counts.items()
    return exact(count, f"balancer mode {mode}: {count} hosts for it alone")


def _dials(trials: Sequence[Evidence]) -> Iterator[Named]:
    doubt = next((one.whole_doubt for one in trials if one.whole_doubt), "")
    dials = [event for one in trials for event in one.trial.all_of(Dial)]
    for step in dict.fromkeys(dial.step for dial in dials):
        mine = [dial for dial in dials if dial.step == step]
        shown = [f"{one.node} dials {one.host}:{one.port}: {one.seen}" for one in mine]
        answered = all(one.seen == "answered" for one in mine)
        figure = exact(answered, "; ".join(dict.fromkeys(shown)))
        yield f"dial.{step}", unknown(doubt) if doubt else figure


def _of_operations(experiment: ExperimentRecord, trials: Sequence[Evidence]) -> Iterator[Named]:
    """Measure what the operations of an experiment show; what needs a step, as it is asked for."""
    if experiment.operations is None:
        return
    for name in OPERATIONS:
        asked = [one for one in experiment.expect if one.metric == name]
        if "" in METRICS[name].windows:
            each = [(operation_figure(name, one, whole(one.trial), asked), asked) for one in trials]
        else:
            each = [
                (operation_figure(name, one, window_of(one.trial, demand), [demand]), [demand])
                for demand in asked
                for one in trials
            ]
        missing = "no expectation names a step for it"
        if asked or "" in METRICS[name].windows:
            missing = "no trial was run"
        yield name, _worst(METRICS[name], each) if each else unknown(missing)


def _worst(metric: Metric, asked: Sequence[tuple[Figure, Sequence[Expectation]]]) -> Figure:
    """Return the worst of figures, each beside the demands that it is held against.

    One that is unknown hides no failure, and is hidden by no success.
    """
    known = [figure for figure, _ in asked if not figure.unknown]
    wrong = [
        figure
        for figure, demands in asked
        if not figure.unknown and any(is_wrong(figure, one) for one in demands)
    ]
    if len(known) < len(asked) and not wrong:
        return next(figure for figure, _ in asked if figure.unknown)
    choose = min if metric.lowest else max
    return choose(wrong or known, key=lambda one: (one.bracket.upper, one.bracket.lower))


def _of_verdicts(experiment: str, verdicts: Sequence[Verdict]) -> Iterator[Named]:
    for verdict in verdicts:
        if verdict.experiment == experiment:
            figure = exact(verdict.verdict == "holds", f"{verdict.verdict}: {verdict.note}")
            undecided = verdict.verdict == "unknown"
            yield f"verdict.{verdict.id}", unknown(verdict.note) if undecided else figure
