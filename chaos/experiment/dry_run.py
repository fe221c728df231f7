"""The plan of a suite as text: what --dry-run prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.analysis.metrics import METRICS
from reports.bracket import SIGNS
from reports.history.schema import STATES
from reports.history.series_names import series_text
from reports.locale.catalogue import text_of
from reports.locale.message import Message, joined, message, verbatim

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chaos.experiment.plan import PlannedExperiment
    from lab.spec import LabSpec
    from reports.history.schema import Expectation, ExperimentRecord, StepRecord


def dry_run_lines(name: str, planned: Sequence[PlannedExperiment], lang: str) -> Iterator[str]:
    """Return a line for each lab, experiment, step and demand of a suite.

    Targets are still selectors; what is demanded are numbers already.
    """
    previous_lab = None
    for experiment in planned:
        if experiment.lab != previous_lab:
            yield _line(name, _lab(experiment.lab), lang)
            previous_lab = experiment.lab
        yield _line(experiment.record.id, _experiment(experiment.record, lang), lang)
        yield from (f"  {_line(step.id, _step(step), lang)}" for step in experiment.record.steps)
        for demand in experiment.record.expect:
            yield f"  {_line(demand.id, _demand(demand), lang)}"


def _line(name: str, text: Message, lang: str) -> str:
    return text_of(message("labelled", name=name, text=text), lang)


def _lab(lab: LabSpec) -> Message:
    sizes = {"etcd": lab.etcd, "masters": lab.masters, "workers": lab.workers}
    if not lab.masters:
        return message("dry-run-lab-etcd", **sizes)
    key = "dry-run-lab-own-file" if lab.lb_config else "dry-run-lab"
    return message(key, **sizes, balancer=lab.lb)


def _experiment(record: ExperimentRecord, lang: str) -> Message:
    title, operations = record.title.in_language(lang), record.operations
    if operations is None:
        return verbatim(title)
    return message("dry-run-operations", title=title, rate_hz=operations.rate_hz)


def _step(step: StepRecord) -> Message:
    moment = message("dry-run-at", at_s=step.at_s)
    if step.after is not None:
        key = "dry-run-after-and" if step.at_s else "dry-run-after"
        moment = message(key, step=step.after, at_s=step.at_s)
    if step.settle:
        moment = message("dry-run-settle", moment=moment)
    if step.for_s is None:
        return message("dry-run-step", moment=moment, action=step.full_text)
    return message("dry-run-step-for", moment=moment, action=step.full_text, for_s=step.for_s)


def _demand(demand: Expectation) -> Message:
    about = [
        series_text(demand.probe, demand.connection)
        if demand.probe and demand.connection
        else None,
        message("window-during", step=demand.during) if demand.during else None,
        message("window-after-heal", step=demand.after_heal_of) if demand.after_heal_of else None,
    ]
    metric = METRICS[demand.metric]
    title = (demand.probe in STATES and metric.state_title) or metric.title
    return message(
        "dry-run-demand",
        measured=joined(Message(title), *filter(None, about)),
        sign=SIGNS[demand.op],
        value=demand.value,
    )
