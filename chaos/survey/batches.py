"""What is measured on which cluster. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reports.history.tolerance import Planned


def in_batches(plans: Iterable[Planned], most: int) -> list[list[Planned]]:
    """Divide what is planned into lots of one size, each to be measured on one cluster.

    The longest lot is first: what takes long must not begin last. (Longest processing time first,
    R. L. Graham, 1969: at most a third over the shortest schedule.)
    """
    groups: dict[int, list[Planned]] = {}
    for plan in plans:
        groups.setdefault(plan.size, []).append(plan)
    lots = []
    for group in groups.values():
        count = -(-len(group) // most)
        lots += [group[number::count] for number in range(count)]
    return sorted(lots, key=lambda lot: (-len(lot), -lot[0].size))
