"""A sign of life to every agent; when it stops, the agents undo what belongs to the trial."""

from __future__ import annotations

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
    """A thread and a channel a node: a busy trial or another agent that hangs stops no heartbeat.

    An agent that fails gets no more heartbeats; the trial notices at its next request.
    """

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        super().__init__((node.name for node in lab.plan.nodes), self._beat, JOIN_TIMEOUT_S)

    def _beat(self, node: str, stop: threading.Event) -> None:
        try:
            with self._lab.open_agent(node) as agent:
                while not stop.wait(PERIOD_S):
                    agent.hello()
        except LabError:
            return
