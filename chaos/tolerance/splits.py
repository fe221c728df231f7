"""Which splits a size has, and which members are where. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

THREE_WAY_SIZES = (5, 7, 9)
BRIDGE = "bridge"


@dataclass(frozen=True)
class SplitShape:
    """A cluster in groups of so many members; with `bridge` one more member hears all of them.

    `leader_in` is the index of the leader's group, or None when it is the bridge.
    """

    groups: tuple[int, ...]
    leader_in: int | None
    bridge: bool = False

    @property
    def size(self) -> int:
        """How many members the cluster has."""
        return sum(self.groups) + self.bridge


def splits_of(size: int) -> list[SplitShape]:
    """Return the splits of a size: every two-way one, three-way ones of 5, 7 and 9, bridges."""
    partitions = [(size - few, few) for few in range(1, size // 2 + 1)]
    shapes = [shape for groups in partitions for shape in _with_leaders(groups)]
    if size in THREE_WAY_SIZES:
        threes = [
            (size - middle - few, middle, few)
            for few in range(1, size // 3 + 1)
            for middle in range(few, (size - few) // 2 + 1)
        ]
        shapes += [shape for groups in threes for shape in _with_leaders(groups)]
    if size >= 3:
        halves = (size // 2, (size - 1) // 2)
        shapes += [SplitShape(halves, None, bridge=True), SplitShape(halves, 0, bridge=True)]
    return shapes


def _with_leaders(groups: tuple[int, ...]) -> list[SplitShape]:
    """Return the split with the leader in each group; groups of one size are the same."""
    return [SplitShape(groups, groups.index(count)) for count in sorted(set(groups), reverse=True)]


def place_members(
    shape: SplitShape, members: Sequence[str], leader: str, seed: str
) -> dict[str, list[str]]:
    """Return side -> members, the bridge last: random, the same for seed, shape and leader."""
    followers = [name for name in members if name != leader]
    random.Random(f"{seed}/{shape}/{leader}").shuffle(followers)
    sides: dict[str, list[str]] = {}
    for index, count in enumerate(shape.groups):
        mine = [leader] if index == shape.leader_in else []
        while len(mine) < count:
            mine.append(followers.pop())
        sides["abc"[index]] = sorted(mine)
    if shape.bridge:
        sides[BRIDGE] = [leader] if shape.leader_in is None else followers
    return sides
