"""From a suite to the experiments as they are recorded: everything resolved but the targets."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaos.experiment.formulas import evaluate, settings_of
from chaos.experiment.random_timeline import draw
from chaos.experiment.timeline import timeline
from chaos.observers.states import state_series
from chaos.probes.series import series_records
from lab.components import plan_lab
from reports.analysis.metrics import METRICS
from reports.history.schema import (
    Expectation,
    ExperimentRecord,
    OperationsRecord,
)
from reports.history.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos.experiment.schema import ExpectationSpec, ExperimentSpec, Suite
    from chaos.probes.series import Series
    from lab.plan import LabPlan
    from lab.spec import LabSpec
    from reports.history.schema import StepRecord

KEYS = 6
OPERATION_TIMEOUT_S = 2.0
# What operations must show where an experiment names none of their metrics: nothing of these.
DEMANDS = {
    "nothing-lost": "lost_writes",
    "nothing-stale": "stale_reads",
    "watches-in-order": "watch_disorder",
    "members-agree": "differing_members",
}
RESTARTED = Text(
    en="kube-controller-manager and kube-scheduler are restarted a second after they exit by "
    "themselves, as a kubelet does; what the fault hit comes back with the heal only",
    zh="kube-controller-manager 和 kube-scheduler 自行退出一秒后被重新启动，与 kubelet 的做法相同；"
    "被故障击中的组件只在故障解除时恢复",
)
NOT_RESTARTED = Text(
    en="what the fault hit comes back with the heal only", zh="被故障击中的组件只在故障解除时恢复"
)


@dataclass(frozen=True)
class PlannedExperiment:
    """One experiment, ready to be run on a lab of this kind."""

    lab: LabSpec
    record: ExperimentRecord


def plan_suite(
    suite: Suite, series: Sequence[Series], runtime: str, seed: int
) -> list[PlannedExperiment]:
    """Resolve every experiment of a suite that was checked. `series`: where there are masters."""
    return [
        _planned(experiment, lab.model_copy(update={"runtime": runtime}), series, seed)
        for experiment, lab in zip(suite.experiments, suite.labs, strict=True)
    ]


def _planned(
    experiment: ExperimentSpec, lab: LabSpec, series: Sequence[Series], seed: int
) -> PlannedExperiment:
    plan, settings = plan_lab(lab), settings_of(lab)
    workers = [node.name for node in plan.with_role("worker")]
    asked = series_records(series, workers) if lab.masters else []
    record = ExperimentRecord(
        id=experiment.id,
        title=experiment.title,
        hypothesis=experiment.hypothesis,
        lab={
            **lab.model_dump(),
            "balancing": plan.balancing,
            "balancer_nodes": plan.balancer.nodes,
        },
        workers=workers,
        members=[node.name for node in plan.with_role("etcd")],
        series=[*asked, *state_series(plan)],
        operations=_operations(experiment, lab),
        steps=steps_of(experiment, plan, seed),
        keep=experiment.random.keep if experiment.random else "nothing",
        expect=[
            *(resolved(demand, settings) for demand in experiment.expect),
            *implied(experiment),
        ],
        settings=settings,
        supervision=RESTARTED if lab.masters else NOT_RESTARTED,
        # three times the largest randomised election timeout, which is below twice the set one
        bound_s=3 * 2 * settings["election_s"],
        baseline_s=experiment.baseline_s,
        environments=plan.environments,
    )
    return PlannedExperiment(lab, record)


def steps_of(experiment: ExperimentSpec, plan: LabPlan, seed: int) -> list[StepRecord]:
    """Return the timeline of an experiment; one that is drawn depends on the seed and its id."""
    if experiment.random is None:
        return timeline(experiment.steps)
    return timeline(draw(experiment.random, plan, random.Random(f"{seed}/{experiment.id}")))


def resolved(spec: ExpectationSpec, settings: dict[str, float]) -> Expectation:
    """Compute the value of a demand. Raises InputError."""
    value = spec.value if isinstance(spec.value, float) else evaluate(spec.value, settings)
    return Expectation(**{**spec.model_dump(), "value": value})


def implied(experiment: ExperimentSpec) -> list[Expectation]:
    """Return the demands that operations always have, where none of theirs is named."""
    metrics = [demand.metric for demand in experiment.expect if demand.metric in METRICS]
    named = any(METRICS[metric].needs == "operations" for metric in metrics)
    if experiment.operations is None or named:
        return []
    return [
        Expectation(id=f"{experiment.id}-{name}", metric=metric, op="at_most", value=0)
        for name, metric in DEMANDS.items()
    ]


def _operations(experiment: ExperimentSpec, lab: LabSpec) -> OperationsRecord | None:
    asked = experiment.operations
    if asked is None:
        return None
    return OperationsRecord(
        store=asked.store_on(lab), rate_hz=asked.rate_hz, keys=KEYS, timeout_s=OPERATION_TIMEOUT_S
    )
