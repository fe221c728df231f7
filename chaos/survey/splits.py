"""Which splits a size has, and on which side each member is. Pure."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from reports.history.survey_plan import BRIDGE, PlannedSplit

if TYPE_CHECKING:
    from collections.abc import Sequence

THREE_WAY_SIZES = (5, 7, 9)


def splits_of(size: int, trial: int = 0) -> list[PlannedSplit]:
    """Return the splits of a size: two-way ones, three-way ones of 5, 7 and 9, and bridges."""
    partitions = [[size - smaller, smaller] for smaller in range(1, size // 2 + 1)]
    if size in THREE_WAY_SIZES:
        partitions += [
            [size - middle - smallest, middle, smallest]
            for smallest in range(1, size // 3 + 1)
            for middle in range(smallest, (size - smallest) // 2 + 1)
        ]
    # the leader is in each group once; groups of equal size need it only once
    leader_in_group = [
        (groups, groups.index(count), False)
        for groups in partitions
        for count in sorted(set(groups), reverse=True)
    ]
    halves = [size // 2, (size - 1) // 2]
    bridged = [(halves, None, True), (halves, 0, True)] if size >= 3 else []
    return [
        PlannedSplit(size=size, groups=groups, leader_in=leader_in, bridge=bridge, trial=trial)
        for groups, leader_in, bridge in [*leader_in_group, *bridged]
    ]


def place_members(
    split: PlannedSplit, members: Sequence[str], leader: str, seed: int
) -> dict[str, list[str]]:
    """Return side -> members, the bridge last: random, the same for seed, split and leader."""
    followers = [name for name in members if name != leader]
    random.Random(f"{seed}/{split}/{leader}").shuffle(followers)
    sides: dict[str, list[str]] = {}
    for index, count in enumerate(split.groups):
        group = [leader] if index == split.leader_in else []
        while len(group) < count:
            group.append(followers.pop())
        sides["abc"[index]] = sorted(group)
    if split.bridge:
        sides[BRIDGE] = [leader] if split.leader_in is None else followers
    return sides
