"""A sign of life to every agent; when it stops, the agents undo what belongs to the trial."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from chaos.node_threads import NodeThreads
from lab.errors import LabError

if TYPE_CHECKING:
    import threading

    from lab.lab import Lab

PERIOD_S = 2.0
# At the end, for all together: agents that answer end at once.
JOIN_TIMEOUT_S = 5.0


class Heartbeat(NodeThreads):
    """A thread and a channel an agent: a busy trial or an agent that hangs stops no heartbeat.

    An agent that fails gets no more heartbeats; the trial notices at its next request. Where a node
    that loses its power loses its agent, a fresh one is waited for.
    """

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        super().__init__(lab.plan.agents, self._beat, JOIN_TIMEOUT_S)

    def _beat(self, name: str, stop: threading.Event) -> None:
        returns = self._lab.plan.power_agent(name) != name
        while not stop.is_set():
            with contextlib.suppress(LabError), self._lab.open_agent(name) as agent:
                while not stop.wait(PERIOD_S):
                    agent.hello()
            if not returns or stop.wait(PERIOD_S):
                return
