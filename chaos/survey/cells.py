"""Which cells a table has, and which members fail in each. Pure."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

from chaos.errors import InputError
from chaos.faults.registry import fault_kinds
from reports.history.survey_plan import PlannedCell

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_SIZE = 9
# A failed member reaches no other node, not even another failed member: that is `isolate`.
SAME_FAULT = {"cut": "isolate"}


def cells_of(size: int, fault: str, trial: int = 0) -> list[PlannedCell]:
    """Return every cell of a size. The leader fails when all do, and stays when none does."""
    return [
        PlannedCell(size=size, failed=failed, leader_failed=leader, fault=fault, trial=trial)
        for failed in range(size + 1)
        for leader in (False, True)
        if (failed > 0 or not leader) and (failed < size or leader)
    ]


def choose_members(cell: PlannedCell, members: Sequence[str], leader: str, seed: int) -> list[str]:
    """Choose the members that fail: random, and the same for the same seed, cell and leader.

    The cluster itself elects the leader, so it is an input; each cell's record names it.
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
    """Parse a comma-separated list of faults that stay and need no parameter. Raises InputError."""
    without_parameters = [
        name
        for name, kind in fault_kinds().items()
        if not kind.passes and all(parameter.default for parameter in kind.parameters)
    ]
    asked = [part.strip() for part in text.split(",")]
    faults = [SAME_FAULT.get(name, name) for name in asked]
    if unknown := [fault for fault in faults if fault not in without_parameters]:
        raise InputError(
            f"--faults {text}: {unknown[0]!r} is none of {', '.join(without_parameters)}"
        )
    return list(dict.fromkeys(faults))
