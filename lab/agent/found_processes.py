"""The components of a node that others run: found by their programs, never started here.

A kubelet starts a static pod again as soon as it sees it dead. What is to stay dead therefore needs
the kubelet stopped first.
"""

from __future__ import annotations

import contextlib
import time
from typing import Any, Dict, List, Mapping, Optional

from lab.agent.components import Components, not_running, unsupervised
from lab.agent.found_component import Description, FoundComponent, continue_all, running_here
from lab.agent.refusal import RefusalError
from lab.agent.sockets import peers_of

KUBELET = "kubelet"
POLL_S = 0.1
HUNG = "hung"


class FoundProcesses(Components):
    """Components by name; `found`: how each of them is told from all other processes."""

    # A kubelet waits 10 s before the second start in a row, longer before each further one.
    restart_timeout_s = 60.0

    def __init__(self, found: Mapping[str, Description]) -> None:
        super().__init__()
        continue_all(found)
        self._components = {name: FoundComponent(name, given) for name, given in found.items()}
        self._look()
        self._events.clear()  # nobody has seen those start

    def _component(self, name: str) -> FoundComponent:
        if name not in self._components:
            raise not_running(name)
        return self._components[name]

    def alive(self, name: str) -> bool:
        """Whether its first process runs."""
        with self._lock:
            self._look()
            return self._component(name).main is not None

    def check_runs(self, name: str) -> None:
        """Raise ValueError when it does not run, or cannot be told from other processes."""
        self._component(name).processes()

    def check_kill(self, name: str) -> None:
        """Raise ValueError when it does not run, or its supervisor cannot be stopped."""
        self.check_runs(name)
        if self._component(name).supervisor != KUBELET:
            raise RefusalError(
                "component-not-held-down",
                "component {component} cannot be held down: it is not the kubelet that starts it "
                "again",
                component=name,
            )
        self.check_runs(KUBELET)

    def check_crash(self, name: str) -> None:
        """Raise ValueError when it does not run, is stopped, or nobody starts it again."""
        self.check_runs(name)
        if not self._component(name).supervisor:
            raise unsupervised(name)
        if self._component(name).is_stopped:
            raise RefusalError(
                "component-stopped",
                "component {component} is stopped by another fault",
                component=name,
            )

    def check_power(self) -> None:
        """Raise ValueError: nothing inside a node can end its first process."""
        raise RefusalError("power-from-outside", "the power of this node is switched from outside")

    def start(self, name: str, argv: Optional[List[str]] = None, restart: bool = False) -> int:
        """Raise ValueError."""
        del argv, restart
        raise RefusalError(
            "nothing-started-here",
            "component {component}: the agent of this node starts nothing",
            component=name,
        )

    def signal(self, name: str, signal_name: str) -> Dict[str, Any]:
        """Signal all processes; before a KILL, stop the kubelet."""
        with self._lock:
            if signal_name == "KILL":
                self.check_kill(name)
                self._component(KUBELET).stop(_held(name))
                return self.crash(name)
            if signal_name == "STOP":
                return self._component(name).stop(HUNG)
            sent_s = time.monotonic()
            self.resume(name)
            return {"sent_s": sent_s, "gone_s": None}

    def crash(self, name: str) -> Dict[str, Any]:
        """Kill all processes."""
        with self._lock:
            times = self._component(name).kill()
            self._look()
            return times

    def revive(self, name: str) -> None:
        """Let the kubelet go on, and wait for the component.

        While another fault keeps the kubelet stopped, nobody starts it: it comes back with the end
        of that one.
        """
        with self._lock:
            self._component(KUBELET).go_on(_held(name))
            if self._component(KUBELET).is_stopped:
                return
        self.wait_restarted(name)

    def resume(self, name: str) -> None:
        """Continue those processes that were stopped and still run."""
        with self._lock:
            self._component(name).go_on(HUNG)

    def hold_all_down(self) -> None:
        """Raise ValueError."""
        self.check_power()

    def restart_all(self) -> None:
        """Raise ValueError."""
        self.check_power()

    def supervise(self) -> None:
        """Record when the first process of a component is another one than before."""
        while True:
            time.sleep(POLL_S)
            with self._lock, contextlib.suppress(OSError):  # no descriptor is left
                self._look()

    def _look(self) -> None:
        # Most looks find all of them as before, and read one file for each.
        changed = [
            component
            for component in self._components.values()
            if component.main is None or not component.main.runs()
        ]
        running = running_here(component.program for component in changed) if changed else {}
        for component in changed:
            if component.main is not None:
                self._record("component_exit", component.name)
            component.main = next(iter(running[component.program].mains), None)
            if component.main is not None:
                self._record("component_start", component.name)

    def peers(self, names: List[str]) -> Dict[str, Optional[List[str]]]:
        """Return the remote ends of the connections that their processes have opened."""
        wanted = {name: self._component(name).program for name in names}
        running = running_here(wanted.values())
        pids = {name: [process.pid for process in running[wanted[name]].all] for name in names}
        return {name: peers_of(pids[name]) if pids[name] else None for name in names}

    def listing(self) -> Dict[str, Dict[str, Any]]:
        """Return the state of every component; nobody here learns exit codes."""
        with self._lock:
            self._look()
            return {
                component.name: {
                    "alive": component.main is not None,
                    "pid": component.main.pid if component.main else None,
                    "exit_code": None,
                }
                for component in self._components.values()
            }


def _held(name: str) -> str:
    return "holds down " + name
