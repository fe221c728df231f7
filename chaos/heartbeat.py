"""Tells every agent that the trial lives; when it stops, the agents undo what belongs to it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

from lab.errors import LabError

if TYPE_CHECKING:
    from lab.lab import Lab

PERIOD_S = 2.0


class Heartbeat:
    """A thread of its own, so that a busy engine does not look dead."""

    def __init__(self, lab: Lab) -> None:
        self._agents = [lab.agent(node.name) for node in lab.plan.nodes]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def _beat(self) -> None:
        while not self._stop.wait(PERIOD_S):
            for agent in list(self._agents):
                try:
                    agent.call("hello")
                except LabError:
                    # the trial notices at its next request; the others need their beat
                    self._agents.remove(agent)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(PERIOD_S + 5)
