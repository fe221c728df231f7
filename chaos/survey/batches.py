"""Which cells are measured on which cluster. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reports.history.survey_plan import Planned


def in_batches(plans: Iterable[Planned], most: int) -> list[list[Planned]]:
    """Divide planned cells into batches of one size, each to be measured on one cluster.

    The longest batch is first. (Longest processing time first, R. L. Graham, 1969: at most a third
    longer than the shortest schedule.)
    """
    groups: dict[int, list[Planned]] = {}
    for plan in plans:
        groups.setdefault(plan.size, []).append(plan)
    batches = []
    for group in groups.values():
        count = -(-len(group) // most)
        batches += [group[number::count] for number in range(count)]
    return sorted(batches, key=lambda batch: (-len(batch), -batch[0].size))
