"""Faults that stop a process or a node must not overlap on a node: no observer tells them apart."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from chaos.experiment.keep_rule import original
from chaos.experiment.timeline import overlap
from chaos.faults.registry import fault_kinds

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from chaos.targets import Selector
    from lab.plan import LabPlan
    from reports.history.schema import StepRecord


def conflicts(
    kind: str, nodes: Collection[str], running: Mapping[str, tuple[str, Collection[str]]]
) -> list[str]:
    """Return the running steps that forbid this kind of fault on these nodes.

    `running`: step -> its kind of fault, and the nodes that it hit.
    """
    if not fault_kinds()[kind].stops:
        return []
    return [
        step
        for step, (running_kind, hit) in running.items()
        if fault_kinds()[running_kind].stops and not set(hit).isdisjoint(nodes)
    ]


def certain_conflicts(
    steps: Sequence[StepRecord], selectors: Mapping[str, Selector], plan: LabPlan
) -> list[str]:
    """Return the problems of steps that will overlap on a node, whichever nodes are chosen.

    `selectors`: step -> its selector, where it is valid.
    """
    valid = [step for step in steps if step.id in selectors]
    stopping = [step for step in valid if step.fault and fault_kinds()[step.fault].stops]
    return [
        f"step {second.id}: it overlaps with {first.id} on one node; "
        f"{second.fault} and {first.fault} cannot be told apart there"
        for first, second in combinations(stopping, 2)
        if overlap(first, second) and _share(selectors[first.id], selectors[second.id], plan)
    ]


def _share(first: Selector, second: Selector, plan: LabPlan) -> bool:
    """Whether two choices certainly share a node: they are the same, or too few nodes exist."""
    if original(first) is original(second):
        return True
    union = {*first.possible(plan), *second.possible(plan)}
    return len(union) < first.size(plan) + second.size(plan)
