"""The figures of a suite's run, by name, for claims to be decided by.

EXPERIMENT.PROBE.CONNECTION.METRIC: outage_s, hold_outage_s, degraded_s, all_good_after_heal_s (the
worst of all workers and trials), good_share_during, availability (the lowest),
median_good_share_during (an interval), workers_hit (at how many workers a request was bad before
the heal), most_workers_down, fewest_workers_down (of any trial: worker_figures); of several
injections the worst, and of each EXPERIMENT.INJECTION.PROBE.CONNECTION.METRIC. So have lost_s,
bad_share and EXPERIMENT.grade.GRADE (reports.analysis.grade_figures). EXPERIMENT.masters_before,
.masters_during: how many masters served a worker, the fewest of all workers.
EXPERIMENT.lowest_master_share: good requests of those that reached the worst master in the last
half of a hold. EXPERIMENT.nodes_not_ready, .others_not_ready: nodes that were not Ready for 5 s or
longer, and those of them that nothing was done to. EXPERIMENT.dial.STEP: 1 if answered.
EXPERIMENT.moved.LEASE: 1 if another node held the lease at the last heal than before the first
fault. EXPERIMENT.METRIC: of operations. EXPERIMENT.verdict.ID: 1 if an expectation held.
lab.balancer_nodes: nodes that the lab has for balancing alone. lab.virtual_addresses: addresses
that move between nodes. Of connections see reports.analysis.connection_figures. EXPERIMENT itself
is there, and unknown, when it was not measured well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.analysis.connection_figures import connection_figures
from reports.analysis.evidence import counted, lack_of_trials
from reports.analysis.grade_figures import grade_figures
from reports.analysis.metrics import METRICS
from reports.analysis.operation_metrics import OPERATIONS, is_wrong, operation_figure
from reports.analysis.series_figures import series_figures
from reports.analysis.windows import whole, window_of
from reports.bracket import Figure, exact, unknown
from reports.history.events import Dial
from reports.locale.message import Message, joined, message
from reports.locale.outcomes import outcome_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

    from reports.analysis.evidence import Evidence
    from reports.analysis.fault_grades import FaultGrade
    from reports.analysis.metrics import Metric
    from reports.history.schema import Expectation, ExperimentRecord, SuiteRecord
    from reports.verdict import Verdict

Named = tuple[str, Figure]


def suite_figures(
    record: SuiteRecord,
    trials: Sequence[Evidence],
    verdicts: Sequence[Verdict],
    grades: Sequence[FaultGrade],
    tables: Mapping[str, pd.DataFrame],
) -> dict[str, Figure]:
    """Return every figure of a run, from its judged trials and the tables of outages and trials."""
    figures = _of_lab(record.experiments)
    for experiment in record.experiments:
        own = [evidence for evidence in trials if evidence.trial.experiment.id == experiment.id]
        lack = lack_of_trials(own)
        if lack:
            figures[experiment.id] = unknown(lack)  # stands for figures that have no name yet
        measured = [
            *series_figures(experiment, own, tables),
            *grade_figures([it for it in grades if it.experiment == experiment.id], lack),
            *_dials(own),
            *connection_figures(experiment, own),
            *_of_operations(experiment, own),
            *_of_verdicts(experiment.id, verdicts),
        ]
        figures |= {f"{experiment.id}.{name}": figure for name, figure in measured}
    return figures


def _of_lab(experiments: Sequence[ExperimentRecord]) -> dict[str, Figure]:
    """Count what the labs of a run have for balancing alone, by their plans."""
    hosts = [
        [node.name for node in experiment.nodes if node.roles == ["balancer"]]
        for experiment in experiments
    ]
    addresses = [experiment.virtual_addresses for experiment in experiments]
    figures = {
        "lab.balancer_nodes": _count(hosts, "balancer-nodes", "no-balancer-nodes"),
        "lab.virtual_addresses": _count(addresses, "virtual-addresses", "no-virtual-addresses"),
    }
    if all(experiment.nodes for experiment in experiments):
        return figures
    return dict.fromkeys(figures, unknown(message("nodes-not-recorded")))


def _count(labs: Sequence[Sequence[str]], those: str, none: str) -> Figure:
    """Count what every lab has; `those`, `none`: the messages of names, and of no name."""
    if any(names != labs[0] for names in labs) or not labs:
        return unknown(message("labs-differ"))
    names = labs[0]
    return exact(len(names), message(those, names=", ".join(names)) if names else message(none))


def _dials(trials: Sequence[Evidence]) -> Iterator[Named]:
    lack = lack_of_trials(trials)
    dials = [event for evidence in counted(trials) for event in evidence.trial.all_of(Dial)]
    steps = [event.step for evidence in trials for event in evidence.trial.all_of(Dial)]
    for step in dict.fromkeys(steps):
        of_step = [dial for dial in dials if dial.step == step]
        # of several trials, the same outcome is shown once
        outcomes = {(dial.node, dial.host, dial.port, dial.outcome): dial for dial in of_step}
        evidence = joined(*map(_dialled, outcomes.values()))
        answered = all(dial.outcome == "answered" for dial in of_step)
        yield f"dial.{step}", unknown(lack) if lack else exact(answered, evidence)


def _dialled(dial: Dial) -> Message:
    outcome = outcome_text(dial.outcome)
    return message("dialled", node=dial.node, host=dial.host, port=dial.port, outcome=outcome)


def _of_operations(experiment: ExperimentRecord, trials: Sequence[Evidence]) -> Iterator[Named]:
    """Measure the operations of an experiment; metrics that need a step, as they are demanded."""
    if experiment.operations is None:
        return
    for name in OPERATIONS:
        demands = [demand for demand in experiment.expect if demand.metric == name]
        of_whole = "" in METRICS[name].windows
        if of_whole:
            each = [
                (operation_figure(name, evidence, whole(evidence.trial), demands), demands)
                for evidence in trials
            ]
        else:
            each = [
                (
                    operation_figure(name, evidence, window_of(evidence.trial, demand), [demand]),
                    [demand],
                )
                for demand in demands
                for evidence in trials
            ]
        missing = message("no-trial" if demands or of_whole else "no-step-of-metric")
        yield name, _worst(METRICS[name], each) if each else unknown(missing)


def _worst(metric: Metric, figures: Sequence[tuple[Figure, Sequence[Expectation]]]) -> Figure:
    """Return the worst of figures, each beside the demands that it is held against.

    An unknown figure hides no failure, and is hidden by no success.
    """
    measured = [figure for figure, _ in figures if not figure.unknown]
    wrong = [
        figure
        for figure, demands in figures
        if not figure.unknown and any(is_wrong(figure, demand) for demand in demands)
    ]
    if len(measured) < len(figures) and not wrong:
        return next(figure for figure, _ in figures if figure.unknown)
    choose = min if metric.lowest else max
    return choose(wrong or measured, key=lambda it: (it.bracket.upper, it.bracket.lower))


def _of_verdicts(experiment: str, verdicts: Sequence[Verdict]) -> Iterator[Named]:
    for verdict in verdicts:
        if verdict.experiment == experiment:
            value = Message(verdict.verdict)
            evidence = message("labelled", name=value, text=verdict.note)
            figure = exact(verdict.verdict == "holds", evidence)
            undecided = verdict.verdict == "unknown"
            yield f"verdict.{verdict.id}", unknown(verdict.note) if undecided else figure
