"""The kinds of inputs, and the share that each has of all."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.fuzz.inputs.command_lines import command_line
from tests.fuzz.inputs.files import balancer, claims, expected, suite
from tests.fuzz.inputs.run_directories import run_directory

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.fuzz.inputs.command import Input


@dataclass(frozen=True)
class Kind:
    """A kind of input. `make`: None for run directories, which are made out of bases."""

    share: float
    make: Callable[[random.Random, Path], Input] | None = None


KINDS = {
    "suite": Kind(0.25, suite),
    "claims": Kind(0.15, claims),
    "expected": Kind(0.1, expected),
    "balancer": Kind(0.2, balancer),
    "command": Kind(0.15, command_line),
    "run": Kind(0.15),
}


def input_of(kind: str, number: int, bases: Sequence[Path], folder: Path) -> Input:
    """Make an input in a folder: always the same of a number."""
    chance = random.Random(f"{kind} {number}")
    if make := KINDS[kind].make:
        return make(chance, folder)
    return run_directory(bases[number % len(bases)], chance, folder)
