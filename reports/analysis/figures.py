"""A measured number with its evidence: what claims are decided by."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A bracket that contains the true value; both ends are the same where it is exact.

    `evidence` says in a sentence what was seen; `unknown` why nothing can be said, "" otherwise.
    A truth value is 1.0 or 0.0.
    """

    lower: float
    upper: float
    evidence: str
    unknown: str = ""


def exact(value: float, evidence: str) -> Figure:
    """Return a figure without a bracket."""
    return Figure(float(value), float(value), evidence)


def unknown(reason: str) -> Figure:
    """Return the figure that was not measured."""
    return Figure(math.nan, math.nan, "", reason)
