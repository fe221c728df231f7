"""Faults that are a signal to all processes of a component: kill, hang."""

from __future__ import annotations

import functools
from typing import Any, Callable, Dict

from lab.agent.fault import AgentFault, Host
from lab.agent.processes import Processes


class Signal(AgentFault):
    """A signal to a component, and how it is undone."""

    def __init__(
        self,
        signal_name: str,
        heal: Callable[[Processes, str], object],
        host: Host,
        undo: str,
        component: str,
    ) -> None:
        super().__init__(host, undo)
        self._signal_name = signal_name
        self._heal = heal
        self._component = component

    def check(self) -> None:
        """Refuse a component that does not run: the undo would start what its owner has ended."""
        self.host.processes.require(self._component)

    def inject(self) -> Dict[str, Any]:
        """Send the signal."""
        return self.host.processes.signal(self._component, self._signal_name)

    def heal(self) -> None:
        """Start or continue the component."""
        self._heal(self.host.processes, self._component)


FAULTS = {
    "kill": functools.partial(Signal, "KILL", Processes.start),
    "hang": functools.partial(Signal, "STOP", Processes.resume),
}
