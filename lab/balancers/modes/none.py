"""No balancer: workers use the first master."""

from __future__ import annotations

from lab.balancers.base import Balancer

BALANCER = Balancer(
    {
        "en": "that use the first master, without a balancer",
        "zh": "直接使用第一个 master，没有负载均衡",
    }
)
