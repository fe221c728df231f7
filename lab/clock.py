"""Whether nodes and this process have the same clock: figures subtract moments of both."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from lab.errors import NotCapableError
from lab.sentence import sentence

if TYPE_CHECKING:
    from lab.running_lab import RunningLab

# With one clock, a node's reading lies between two readings here, however slow the answer is.
AGREEMENT_S = 0.001


def check_clock(lab: RunningLab) -> None:
    """Raise NotCapableError when a node has a monotonic clock of its own (a virtual machine)."""
    for node in lab.plan.nodes:
        agent = lab.agent(node.name)
        before_s = time.monotonic()
        now_s = agent.hello().now_s
        after_s = time.monotonic()
        if not before_s - AGREEMENT_S <= now_s <= after_s + AGREEMENT_S:
            raise NotCapableError(
                sentence(
                    "another-clock",
                    "node {node} has another clock than this machine ({late_s:+.1f} s), as where "
                    "Docker runs in a virtual machine: nothing can be measured from here. "
                    "`halab up` and faults by hand work; to measure, run halab inside that machine",
                    node=node.name,
                    late_s=now_s - after_s,
                )
            )
