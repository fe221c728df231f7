"""How numbers are written for people."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def seconds(value: float) -> str:
    """Write seconds with two digits; nothing for what was not seen."""
    return "–" if value is None or math.isnan(value) else f"{value:.2f}"


def share(value: float) -> str:
    """Write a share as a percentage; 100 % only when it is exactly that."""
    if value is None or math.isnan(value):
        return "–"
    if value >= 1:
        return "100 %"
    return f"{min(99.9, value * 100):.1f} %"


def bracket(lower_s: float, upper_s: float) -> str:
    """Write the bracket of an outage."""
    if upper_s == 0:
        return "none"
    if math.isinf(upper_s):
        return f"≥ {lower_s:.2f}"
    return f"{lower_s:.2f} – {upper_s:.2f}"


BALANCING = {
    "nginx": "with nginx {set}",
    "haproxy": "with haproxy {set}",
    "external": "behind one haproxy {set}",
    "vip": "behind two haproxys {set}, with a VIP by keepalived",
    "none": "that use the first master, without a balancer",
}


def balancing(lab: Mapping[str, Any]) -> str:
    """Say how the workers of a recorded lab reach the masters; older records mean nginx."""
    own = bool(lab.get("lb_config"))
    how = "set by a file of the user's" if own else "as kubespray sets it"
    return BALANCING[lab.get("lb", "nginx")].format(set=how)
