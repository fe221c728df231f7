"""The names of the figures that a run will have, from its plan.

A claim that asks for another name is refused before anything is started. How the figures are
computed is in figures and survey_figures.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from reports.analysis.metrics import METRICS
from reports.grade import GRADED, GRADES
from reports.history.lab_nodes import components_looked_at
from reports.history.schema import DIRECT, NODE_READY, STATES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reports.history.schema import ExperimentRecord

OF_SIZE = ("majority", "tolerance")
OF_TABLE = ("served_with_majority", "served_without_majority", "lost_writes", "differing_members")
OF_SPLITS = (
    *("two_way_odd_unserved", "two_way_even_unserved", "three_way_unserved"),
    *("two_served", "bridged_served", "lost_writes", "differing_members"),
)
OF_SERIES = (
    *("outage_s", "hold_outage_s", "degraded_s", "all_good_after_heal_s"),
    *("good_share_during", "median_good_share_during", "availability"),
    "workers_hit",
)
OF_GRADED = ("lost_s", "bad_share", "most_workers_down", "fewest_workers_down")
OF_LAB = ("lab.balancer_nodes", "lab.virtual_addresses")
OF_CONNECTIONS = ("loopback_port", "masters_port")
OF_NODES = ("nodes_not_ready", "others_not_ready")
OF_MASTERS = ("masters_before", "masters_during", "lowest_master_share")


def tolerance_names(sizes: Iterable[int]) -> list[str]:
    """Return the names of a tolerance table's figures."""
    return [*(f"{name}_{size}" for size, name in product(sizes, OF_SIZE)), *OF_TABLE]


def suite_names(experiments: Sequence[ExperimentRecord]) -> list[str]:
    """Return the names of a suite's figures."""
    of_experiments = [
        f"{experiment.id}.{name}" for experiment in experiments for name in _of(experiment)
    ]
    return [*OF_LAB, *of_experiments]


def _of(experiment: ExperimentRecord) -> Iterator[str]:
    series = [f"{series.probe}.{series.connection}" for series in experiment.series]
    graded = [
        f"{series.probe}.{series.connection}"
        for series in experiment.series
        if series.probe in GRADED and series.connection != DIRECT
    ]
    of_series = [f"{name}.{figure}" for name, figure in product(series, OF_SERIES)]
    of_series += [f"{name}.{figure}" for name, figure in product(graded, OF_GRADED)]
    of_series += [f"grade.{grade}" for grade in GRADES] if graded else []
    yield from of_series
    faults = [step.id for step in experiment.faults]
    if len(faults) > 1:
        yield from (f"{fault}.{name}" for fault, name in product(faults, of_series))
    if series:
        yield from OF_MASTERS
    states = dict.fromkeys(one.probe for one in experiment.series if one.connection == DIRECT)
    if NODE_READY in states:
        yield from OF_NODES
    yield from (f"moved.{probe}" for probe in states if probe in STATES and "lease-" in probe)
    yield from (
        f"{name}.{role}.{component}"
        for (role, component), name in product(
            components_looked_at(experiment.nodes), OF_CONNECTIONS
        )
    )
    yield from (f"dial.{step.id}" for step in experiment.steps if step.action == "dial")
    if experiment.operations is not None:
        yield from (name for name, metric in METRICS.items() if metric.needs == "operations")
    yield from (f"verdict.{demand.id}" for demand in experiment.expect)
