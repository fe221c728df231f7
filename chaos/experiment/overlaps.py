"""Faults that stop a process or a node never overlap on one node: nobody could tell them apart."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from chaos.experiment.keep_rule import original, size
from chaos.experiment.timeline import overlap
from chaos.faults.registry import kinds

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from chaos.targets import Selector
    from lab.plan import LabPlan
    from reports.history.schema import StepRecord


def conflicts(
    kind: str, nodes: Collection[str], running: Mapping[str, tuple[str, Collection[str]]]
) -> list[str]:
    """Return those of the running steps beside which this fault may not hit these nodes.

    `running`: step -> its kind of fault, and the nodes that it hit.
    """
    if not kinds()[kind].stops:
        return []
    return [
        step
        for step, (other, hit) in running.items()
        if kinds()[other].stops and not set(hit).isdisjoint(nodes)
    ]


def certain_conflicts(
    steps: Sequence[StepRecord], selectors: Mapping[str, Selector], plan: LabPlan
) -> list[str]:
    """Return what is wrong with steps that will overlap on one node, whoever is chosen.

    `selectors`: step -> whom it chooses from, where it is sound.
    """
    sound = [step for step in steps if step.id in selectors]
    stopping = [step for step in sound if step.fault and kinds()[step.fault].stops]
    return [
        f"step {second.id}: it overlaps with {first.id} on one node; "
        f"{second.fault} and {first.fault} cannot be told apart there"
        for first, second in combinations(stopping, 2)
        if overlap(first, second) and _share(selectors[first.id], selectors[second.id], plan)
    ]


def _share(first: Selector, second: Selector, plan: LabPlan) -> bool:
    """Whether two choices certainly have a node in common: they are one, or there are too few."""
    if original(first) is original(second):
        return True
    union = {*first.possible(plan), *second.possible(plan)}
    return len(union) < size(first, plan) + size(second, plan)
