"""How numbers are written for people."""

from __future__ import annotations

import math

from reports.bracket import Bracket


def seconds(value: float | None) -> str:
    """Write seconds with two digits; nothing for what was not seen."""
    return "–" if value is None or math.isnan(value) else f"{value:.2f}"


def share(value: float | None) -> str:
    """Write a share as a percentage; 100 % only when it is exactly that."""
    if value is None or math.isnan(value):
        return "–"
    if value >= 1:
        return "100 %"
    return f"{min(99.9, value * 100):.1f} %"


def outage(lower_s: float, upper_s: float) -> str:
    """Write the bracket of an outage."""
    return "none" if upper_s == 0 else Bracket(lower_s, upper_s).text(".2f")
