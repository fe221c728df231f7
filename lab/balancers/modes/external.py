"""A haproxy on a node of its own, in front of all masters for all workers."""

from __future__ import annotations

from lab.balancers.base import Balancer
from lab.balancers.modes.haproxy import HAPROXY

BALANCER = Balancer(
    {"en": "behind one haproxy {set}", "zh": "位于一个{set}的 haproxy 之后"}, HAPROXY, nodes=1
)
