"""Faults that are a signal to all processes of a component: kill, hang, crash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict

from lab.agent.fault import Host, NodeFault

if TYPE_CHECKING:
    from lab.agent.components import Components


class SignalFault(NodeFault):
    """A fault of one component. It is refused where the undo would start what others have ended."""

    def __init__(self, host: Host, undo: str, component: str) -> None:
        super().__init__(host, undo)
        self.component = component

    @property
    def _processes(self) -> Components:
        return self.host.processes


class Kill(SignalFault):
    """It stays down until the heal."""

    def check(self) -> None:
        """Refuse what does not run, or cannot be held down."""
        self._processes.check_kill(self.component)

    def inject(self) -> Dict[str, Any]:
        """Kill it."""
        return self._processes.signal(self.component, "KILL")

    def heal(self) -> None:
        """Let it run again."""
        self._processes.revive(self.component)


class Hang(SignalFault):
    """It is stopped, and keeps its memory and its sockets."""

    def check(self) -> None:
        """Refuse what does not run."""
        self._processes.check_runs(self.component)

    def inject(self) -> Dict[str, Any]:
        """Stop it."""
        return self._processes.signal(self.component, "STOP")

    def heal(self) -> None:
        """Continue it."""
        self._processes.resume(self.component)


class Crash(SignalFault):
    """It ends once, and whoever supervises it starts it again."""

    def check(self) -> None:
        """Refuse what does not run, or nobody starts again."""
        self._processes.check_crash(self.component)

    def inject(self) -> Dict[str, Any]:
        """Kill it."""
        return self._processes.crash(self.component)

    def heal(self) -> None:
        """Wait until it runs again; as it was gone, by another process."""
        self._processes.wait_restarted(self.component)


FAULTS = {"kill": Kill, "hang": Hang, "crash": Crash}
