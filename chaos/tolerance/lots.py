"""Which task is measured on which cluster. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import BaseModel

    from chaos.tolerance.cluster import Cluster


class Task(Protocol):
    """Something to be measured on a cluster of a size; tasks of one size share clusters."""

    @property
    def size(self) -> int:
        """How many members the cluster must have."""

    def measure(self, cluster: Cluster) -> BaseModel:
        """Return the record. Raises LabError or ChaosError when the cluster is lost with it."""

    def unknown(self, reason: str) -> BaseModel:
        """Return the record that says why nothing was measured."""


def in_lots(tasks: Iterable[Task], most: int) -> list[list[Task]]:
    """Divide tasks into lots of one size, each to be measured on one cluster.

    The longest lot is first: what takes long must not begin last. (Longest processing time first,
    R. L. Graham, 1969: at most a third over the shortest schedule.)
    """
    groups: dict[int, list[Task]] = {}
    for task in tasks:
        groups.setdefault(task.size, []).append(task)
    lots = []
    for group in groups.values():
        count = -(-len(group) // most)
        lots += [group[number::count] for number in range(count)]
    return sorted(lots, key=lambda lot: (-len(lot), -lot[0].size))
