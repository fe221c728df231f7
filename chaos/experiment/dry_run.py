"""What will be done, in words, before anything is: what --dry-run prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaos.experiment.plan import PlannedExperiment
    from lab.spec import LabSpec
    from reports.history.schema import StepRecord


def lines_of(name: str, planned: list[PlannedExperiment]) -> Iterator[str]:
    """Return a line a lab, an experiment and a step of a suite; targets are still selectors."""
    last = None
    for experiment in planned:
        if experiment.lab != last:
            yield f"{name}: {_lab(experiment.lab)}"
            last = experiment.lab
        record = experiment.record
        operations = record.operations
        under = f", under {operations.rate_hz:g} operations a second" if operations else ""
        yield f"{record.id}: {record.title.en}{under}"
        yield from (f"  {step.id}: {_step(step)}" for step in record.steps)


def _lab(lab: LabSpec) -> str:
    sizes = f"etcd {lab.etcd}, masters {lab.masters}, workers {lab.workers}"
    own = " with a file of your own" if lab.lb_config else ""
    return f"{sizes}, balancer {lab.lb}{own}" if lab.masters else sizes


def _step(step: StepRecord) -> str:
    when = f"at {step.at_s:g} s"
    if step.after is not None:
        when = f"after {step.after}" + (f" and {step.at_s:g} s" if step.at_s else "")
    steady = ", once all is steady again" if step.settle else ""
    held = f", for {step.for_s:g} s" if step.for_s else ""
    return f"{when}{steady}: {step.full_text}{held}"
