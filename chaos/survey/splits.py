"""Which splits a size has, and which members are where. Pure."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from reports.history.tolerance import PlannedSplit

if TYPE_CHECKING:
    from collections.abc import Sequence

THREE_WAY_SIZES = (5, 7, 9)
BRIDGE = "bridge"


def splits_of(size: int, trial: int = 0) -> list[PlannedSplit]:
    """Return the splits of a size: every two-way one, three-way ones of 5, 7 and 9, bridges."""
    partitions = [[size - few, few] for few in range(1, size // 2 + 1)]
    if size in THREE_WAY_SIZES:
        partitions += [
            [size - middle - few, middle, few]
            for few in range(1, size // 3 + 1)
            for middle in range(few, (size - few) // 2 + 1)
        ]
    # the leader in each group; groups of one size are the same
    led = [
        (groups, groups.index(count), False)
        for groups in partitions
        for count in sorted(set(groups), reverse=True)
    ]
    halves = [size // 2, (size - 1) // 2]
    bridged = [(halves, None, True), (halves, 0, True)] if size >= 3 else []
    return [
        PlannedSplit(size=size, groups=groups, leader_in=leader_in, bridge=bridge, trial=trial)
        for groups, leader_in, bridge in [*led, *bridged]
    ]


def place_members(
    split: PlannedSplit, members: Sequence[str], leader: str, seed: int
) -> dict[str, list[str]]:
    """Return side -> members, the bridge last: random, the same for seed, split and leader."""
    followers = [name for name in members if name != leader]
    random.Random(f"{seed}/{split}/{leader}").shuffle(followers)
    sides: dict[str, list[str]] = {}
    for index, count in enumerate(split.groups):
        mine = [leader] if index == split.leader_in else []
        while len(mine) < count:
            mine.append(followers.pop())
        sides["abc"[index]] = sorted(mine)
    if split.bridge:
        sides[BRIDGE] = [leader] if split.leader_in is None else followers
    return sides
