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
    "en": {
        "nginx": "with nginx {set}",
        "haproxy": "with haproxy {set}",
        "external": "behind one haproxy {set}",
        "vip": "behind two haproxys {set}, with a VIP by keepalived",
        "none": "that use the first master, without a balancer",
        "other": "with {mode}",
        "own": "set by a file of the user's",
        "kubespray": "as kubespray sets it",
    },
    "zh": {
        "nginx": "使用{set}的 nginx",
        "haproxy": "使用{set}的 haproxy",
        "external": "位于一个{set}的 haproxy 之后",
        "vip": "位于两个{set}的 haproxy 之后，由 keepalived 提供 VIP",
        "none": "直接使用第一个 master，没有负载均衡",
        "other": "使用 {mode}",
        "own": "按用户文件配置",
        "kubespray": "按 kubespray 配置",
    },
}


def balancing(lab: Mapping[str, Any], lang: str = "en") -> str:
    """Say how the workers of a recorded lab reach the masters; older records mean nginx."""
    words = BALANCING[lang]
    mode = str(lab.get("lb", "nginx"))
    how = words["own" if lab.get("lb_config") else "kubespray"]
    return words.get(mode, words["other"]).format(set=how, mode=mode)
