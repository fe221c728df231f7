"""Axes: round ticks, and a scale on which both blips and minutes can be read."""

from __future__ import annotations

import math


def step_of(span: float, most: int) -> float:
    """Return the smallest of 1, 2 and 5 times a power of ten that divides a span into few steps."""
    if span <= 0 or not math.isfinite(span):
        return 1.0
    power = 10.0 ** math.floor(math.log10(span / most))
    return next(k * power for k in (1.0, 2.0, 5.0, 10.0) if span / (k * power) <= most)


def ticks_of(low: float, high: float, most: int) -> list[float]:
    """Return at most `most` + 1 round values between two."""
    step = step_of(high - low, most)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [round(number * step, 9) for number in range(first, last + 1)]


def root_position(value: float, highest: float) -> float:
    """Return 0 to 1 on a square-root scale: zero has a place, and short spans have room."""
    return math.sqrt(min(1.0, max(0.0, value) / highest)) if highest > 0 else 0.0


def root_ticks(highest: float) -> list[float]:
    """Return round values that lie apart on the square-root scale."""
    wanted = [0.0, 0.1, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600]
    ticks: list[float] = []
    for value in filter(lambda value: value <= highest, wanted):
        if not ticks or root_position(value, highest) - root_position(ticks[-1], highest) > 0.06:
            ticks.append(value)
    return ticks
