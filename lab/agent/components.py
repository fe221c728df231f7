"""What runs on a node, by name, whether the agent has started it or has found it running."""

from __future__ import annotations

import collections
import signal
import threading
import time
from typing import Any, Deque, Dict, List, Optional

from lab.agent.refusal import RefusalError

SIGNALS = {"KILL": signal.SIGKILL, "STOP": signal.SIGSTOP, "CONT": signal.SIGCONT}
GONE_TIMEOUT_S = 5.0
GONE_POLL_S = 0.002
RESTARTED_POLL_S = 0.02
REMEMBERED = 1000


class Components:
    """Signals, supervises and lists components by name. Errors are ValueError and OSError."""

    # Within which whoever supervises a component has started it again.
    restart_timeout_s: float

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._events: Deque[Dict[str, Any]] = collections.deque(maxlen=REMEMBERED)

    def check_runs(self, name: str) -> None:
        """Raise ValueError when a component does not run."""
        if not self.alive(name):
            raise not_running(name)

    def check_kill(self, name: str) -> None:
        """Raise ValueError when a component does not run, or cannot be held down."""
        raise NotImplementedError

    def check_crash(self, name: str) -> None:
        """Raise ValueError when a component does not run, or nobody starts it again."""
        raise NotImplementedError

    def check_power(self) -> None:
        """Raise ValueError when the power of the node cannot be switched from inside."""
        raise NotImplementedError

    def alive(self, name: str) -> bool:
        """Whether any process of a component runs. Raises ValueError for an unknown one."""
        raise NotImplementedError

    def start(self, name: str, argv: Optional[List[str]] = None, restart: bool = False) -> int:
        """Start a component, or start it again with the same command; do nothing when it runs.

        Returns the pid of its first process. With `restart` it is started again when it exits,
        unless a fault holds it down.
        """
        raise NotImplementedError

    def signal(self, name: str, signal_name: str) -> Dict[str, Any]:
        """Signal all processes; for KILL, wait until they are gone. Times are monotonic seconds.

        What was killed is held down until `revive`.
        """
        raise NotImplementedError

    def crash(self, name: str) -> Dict[str, Any]:
        """Kill all processes, and wait until they are gone; whoever supervises them starts them."""
        raise NotImplementedError

    def revive(self, name: str) -> None:
        """Let a killed component run again; do nothing when it runs."""
        raise NotImplementedError

    def resume(self, name: str) -> None:
        """Continue a stopped component; do nothing when it has ended meanwhile."""
        raise NotImplementedError

    def hold_all_down(self) -> None:
        """Restart no component until it is started: the host is about to lose its power."""
        raise NotImplementedError

    def restart_all(self) -> None:
        """Start every component again, as a booting host does."""
        raise NotImplementedError

    def supervise(self) -> None:
        """Record the components that start and exit, for ever."""
        raise NotImplementedError

    def peers(self, names: List[str]) -> Dict[str, Optional[List[str]]]:
        """Return the remote ends of each component's own connections; None where it does not run.

        ADDRESS:PORT each.
        """
        raise NotImplementedError

    def listing(self) -> Dict[str, Dict[str, Any]]:
        """Return the state of each component: pid, alive, exit code of its first process."""
        raise NotImplementedError

    def wait_restarted(self, name: str) -> None:
        """Wait until a component that was killed runs again. Raises ValueError."""
        until_s = time.monotonic() + self.restart_timeout_s
        while not self.alive(name):
            if time.monotonic() > until_s:
                raise RefusalError(
                    "component-not-restarted",
                    "component {component} was not started again within {timeout_s:g} s",
                    component=name,
                    timeout_s=self.restart_timeout_s,
                )
            time.sleep(RESTARTED_POLL_S)

    def events(self) -> List[Dict[str, Any]]:
        """Return what started and exited, oldest first; at_s in monotonic seconds."""
        with self._lock:
            return list(self._events)

    def _record(self, kind: str, name: str, exit_code: Optional[int] = None) -> None:
        event = {"kind": kind, "component": name, "at_s": time.monotonic()}
        self._events.append({**event, "exit_code": exit_code})


def not_running(name: str) -> RefusalError:
    """Return the error of a component that does not run."""
    return RefusalError(
        "component-not-running", "component {component} does not run here", component=name
    )


def unsupervised(name: str) -> RefusalError:
    """Return the error of a component that nobody would start again."""
    return RefusalError(
        "component-unsupervised", "nobody starts component {component} again", component=name
    )


def survives(name: str) -> RefusalError:
    """Return the error of a component that SIGKILL did not end."""
    return RefusalError(
        "component-survives-kill",
        "component {component} is still there {timeout_s:g} s after SIGKILL",
        component=name,
        timeout_s=GONE_TIMEOUT_S,
    )
