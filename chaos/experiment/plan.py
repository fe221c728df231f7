"""Resolves a suite to the experiments that are recorded: all but the targets."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaos.experiment.balancer_file import balancer_file_remarks
from chaos.experiment.formulas import evaluate, settings_of
from chaos.experiment.random_timeline import draw
from chaos.experiment.supervision import supervision_text
from chaos.experiment.timeline import planned_steps
from chaos.observers.connections import looked_at
from chaos.observers.states import HEALTH_PROBES, state_series
from chaos.probes.series import can_be_kept, series_records
from lab.components.lab_plan import plan_lab
from reports.analysis.metrics import METRICS
from reports.history.lab_nodes import NodeRecord
from reports.history.schema import (
    Expectation,
    ExperimentRecord,
    OperationsRecord,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos.experiment.schema import ExpectationSpec, ExperimentSpec, Suite
    from chaos.probes.series import Series
    from lab.plan import LabPlan
    from lab.spec import LabSpec
    from reports.history.schema import SeriesRecord, StepRecord

KEYS = 6
OPERATION_TIMEOUT_S = 2.0
# Demands of operations where an experiment has none of their metrics: id -> metric, at most 0.
IMPLIED_DEMANDS = {
    "nothing-lost": "lost_writes",
    "nothing-stale": "stale_reads",
    "watches-in-order": "watch_disorder",
    "members-agree": "differing_members",
}


@dataclass(frozen=True)
class PlannedExperiment:
    """An experiment, and the lab that it runs on."""

    lab: LabSpec
    record: ExperimentRecord


def plan_suite(
    suite: Suite, series: Sequence[Series], runtime: str, seed: int
) -> list[PlannedExperiment]:
    """Resolve every experiment of a checked suite. `series`: measured where the lab has masters."""
    return [
        _planned(experiment, lab.model_copy(update={"runtime": runtime}), series, seed)
        for experiment, lab in zip(suite.experiments, suite.labs, strict=True)
    ]


def measured_states(plan: LabPlan, expect: Sequence[ExpectationSpec]) -> list[SeriesRecord]:
    """Return the states that are looked at; what nodes say of themselves only where it is demanded.

    Each of these questions takes a handshake of the busiest components.
    """
    asked = {demand.probe for demand in expect}
    return [
        state
        for state in state_series(plan)
        if state.probe not in HEALTH_PROBES or state.probe in asked
    ]


def _planned(
    experiment: ExperimentSpec, lab: LabSpec, series: Sequence[Series], seed: int
) -> PlannedExperiment:
    plan = plan_lab(lab)
    settings = settings_of(plan)
    workers = [node.name for node in plan.with_role("worker")]
    kept = [each for each in series if can_be_kept(each, plan.reaction.closes_idle_s)]
    requests = series_records(kept, workers) if lab.masters else []
    record = ExperimentRecord(
        id=experiment.id,
        title=experiment.title,
        hypothesis=experiment.hypothesis,
        lab={
            **lab.model_dump(mode="json"),
            "stacked": any({"etcd", "master"} <= node.roles for node in plan.nodes),
            "balancing": plan.balancing,
        },
        workers=workers,
        members=[node.name for node in plan.with_role("etcd")],
        nodes=[
            NodeRecord(
                name=node.name, roles=sorted(node.roles), connections=looked_at(plan, node.name)
            )
            for node in plan.nodes
        ],
        virtual_addresses=[plan.virtual_address] if lab.masters and plan.virtual_address else [],
        series=[*requests, *measured_states(plan, experiment.expect)],
        operations=_operations(experiment, lab),
        steps=steps_of(experiment, plan, seed),
        keep=experiment.random.keep if experiment.random else "nothing",
        expect=[
            *(resolved(demand, settings, lab.runtime) for demand in experiment.expect),
            *implied(experiment),
        ],
        settings=settings,
        supervision=supervision_text(plan),
        # three times the largest randomised election timeout, below twice the configured one
        bound_s=3 * 2 * settings["election_s"],
        baseline_s=experiment.baseline_s,
        environments=plan.environments,
        balancer_file_remarks=balancer_file_remarks(plan, series),
    )
    return PlannedExperiment(lab, record)


def steps_of(experiment: ExperimentSpec, plan: LabPlan, seed: int) -> list[StepRecord]:
    """Return the timeline of an experiment; a random one depends on the seed and its id."""
    if experiment.random is None:
        return planned_steps(experiment.steps)
    return planned_steps(draw(experiment.random, plan, random.Random(f"{seed}/{experiment.id}")))


def resolved(spec: ExpectationSpec, settings: dict[str, float], runtime: str) -> Expectation:
    """Compute what a demand is on a runtime. Raises InputError."""
    demanded = spec.on_runtime.get(runtime, spec)
    value = demanded.value
    if isinstance(value, str):
        value = evaluate(value, settings)
    fields = spec.model_dump(exclude={"on_runtime"})
    return Expectation(**{**fields, "value": value, "note": demanded.note})


def implied(experiment: ExperimentSpec) -> list[Expectation]:
    """Return the demands of operations where an experiment has none of their metrics."""
    metrics = [demand.metric for demand in experiment.expect if demand.metric in METRICS]
    explicit = any(METRICS[metric].needs == "operations" for metric in metrics)
    if experiment.operations is None or explicit:
        return []
    return [
        Expectation(id=f"{experiment.id}-{name}", metric=metric, op="at_most", value=0)
        for name, metric in IMPLIED_DEMANDS.items()
    ]


def _operations(experiment: ExperimentSpec, lab: LabSpec) -> OperationsRecord | None:
    spec = experiment.operations
    if spec is None:
        return None
    return OperationsRecord(
        store=spec.store_on(lab), rate_hz=spec.rate_hz, keys=KEYS, timeout_s=OPERATION_TIMEOUT_S
    )
