"""Which cells a table has, and which members fail in each. Pure."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaos.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_SIZE = 9
FAULTS = ("kill", "hang", "power-off", "cut")


@dataclass(frozen=True)
class Cell:
    """`failed` of `size` members fail at once, by one fault, the leader among them or not."""

    size: int
    failed: int
    leader_failed: bool
    fault: str


def cells_of(size: int, fault: str) -> list[Cell]:
    """Return every cell of a size: no leader can fail among none, nor stay when all fail."""
    return [
        Cell(size, failed, leader, fault)
        for failed in range(size + 1)
        for leader in (False, True)
        if (failed > 0 or not leader) and (failed < size or leader)
    ]


def choose_members(cell: Cell, members: Sequence[str], leader: str, seed: str) -> list[str]:
    """Choose who fails: random, and the same for the same seed, cell and leader.

    Who leads is nobody's choice, so it is an input: each cell's record names it.
    """
    chance = random.Random(f"{seed}/{cell}/{leader}")
    followers = [name for name in members if name != leader]
    if not cell.leader_failed:
        return sorted(chance.sample(followers, cell.failed))
    return sorted([leader, *chance.sample(followers, cell.failed - 1)])


def parse_sizes(text: str) -> list[int]:
    """Parse sizes such as 1-9, 3 or 1,3,5-7. Raises InputError."""
    sizes: set[int] = set()
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,2})(?:\s*-\s*(\d{1,2}))?\s*", part)
        low, high = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= low <= high <= MAX_SIZE:
            raise InputError(f"--sizes {text}: {part!r} is no size or range within 1-{MAX_SIZE}")
        sizes.update(range(low, high + 1))
    return sorted(sizes)


def parse_faults(text: str) -> list[str]:
    """Parse a comma-separated list of faults. Raises InputError."""
    faults = [part.strip() for part in text.split(",")]
    if unknown := [fault for fault in faults if fault not in FAULTS]:
        raise InputError(f"--faults {text}: {unknown[0]!r} is none of {', '.join(FAULTS)}")
    return list(dict.fromkeys(faults))
