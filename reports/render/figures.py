"""How numbers are written for people."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from reports.bracket import Bracket

if TYPE_CHECKING:
    from reports.locale.catalogue import Words


def seconds(value: float | None) -> str:
    """Write seconds with two digits; a dash for what was not observed."""
    return "–" if value is None or math.isnan(value) else f"{value:.2f}"


def bracket(lower_s: float, upper_s: float) -> str:
    """Write the bracket of seconds; a dash for what was not observed."""
    return "–" if math.isnan(lower_s) else Bracket(lower_s, upper_s).text(".2f")


def share(value: float | None) -> str:
    """Write a share as a percentage; 100 % only when it is exactly that."""
    if value is None or math.isnan(value):
        return "–"
    if value >= 1:
        return "100 %"
    return f"{min(99.9, value * 100):.1f} %"


def outage(lower_s: float, upper_s: float, words: Words) -> str:
    """Write the bracket of an outage, in seconds."""
    return words["none"] if upper_s == 0 else bracket(lower_s, upper_s)
