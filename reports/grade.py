"""Grades of faults, the worst first: what clients noticed. The rules: reports.analysis.grades."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Iterable

Grade = Literal["down", "degraded", "blip", "unnoticed"]
GRADES: tuple[Grade, ...] = get_args(Grade)
# the probes whose series are graded
GRADED = ("read", "write")
# The rules, in the order in which they are asked: reports.analysis.grades.
DOWN_SHARE = 0.02
DOWN_S = 5.0
BLIP_S = 3.0
# The quarters of a plateau differ, or a series lies above its baseline, at this level.
LEVEL = 0.05


def worst_grade(grades: Iterable[Grade]) -> Grade:
    """Return the grade that stands for all, at least one."""
    return min(grades, key=GRADES.index)
