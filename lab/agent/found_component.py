"""A component that others run: its processes, told by their program, and why they are stopped."""

from __future__ import annotations

import os
import time
from typing import Dict, Iterable, List, Mapping, Optional, Set

from lab.agent.components import GONE_POLL_S, GONE_TIMEOUT_S, SIGNALS, not_running, survives
from lab.agent.refusal import RefusalError
from lab.agent.running import STOPPED, Process, Program, programs_that_run

# {program, supervisor}: who starts it again, "" for nobody.
Description = Mapping[str, str]


def running_here(programs: Iterable[str]) -> Dict[str, Program]:
    """Return program -> what runs of it in the network of this node."""
    return programs_that_run(set(programs), os.stat("/proc/self/ns/net").st_ino)


def continue_all(found: Mapping[str, Description]) -> None:
    """Continue every stopped process of these components: an agent that died has stopped them."""
    for program in running_here(given["program"] for given in found.values()).values():
        for process in program.all:
            if process.state() == STOPPED:
                process.send(SIGNALS["CONT"])


class FoundComponent:
    """A component of this node. `main`: its first process, as it was seen last; None without."""

    def __init__(self, name: str, description: Description) -> None:
        self.name = name
        self.program = description["program"]
        self.supervisor = description["supervisor"]
        self.main: Optional[Process] = None
        self._stopped: List[Process] = []
        self._stopped_for: Set[str] = set()

    def processes(self) -> List[Process]:
        """Return all its processes. Raises ValueError when it does not run."""
        running = running_here([self.program])[self.program]
        if not running.mains:
            raise not_running(self.name)
        if len(running.mains) > 1:
            raise RefusalError(
                "component-not-told-apart",
                "{count} processes of {program} run here; which one is component {component} "
                "cannot be told",
                count=len(running.mains),
                program=self.program,
                component=self.name,
            )
        return running.all

    @property
    def is_stopped(self) -> bool:
        """Whether anything keeps it stopped."""
        return bool(self._stopped_for)

    def kill(self) -> Dict[str, Optional[float]]:
        """Kill it, and wait until it is gone; return the times. Raises ValueError."""
        processes, sent_s = self.processes(), time.monotonic()
        for process in processes:
            process.send(SIGNALS["KILL"])
        while any(process.runs() for process in processes):
            if time.monotonic() > sent_s + GONE_TIMEOUT_S:
                raise survives(self.name)
            time.sleep(GONE_POLL_S)
        return {"sent_s": sent_s, "gone_s": time.monotonic()}

    def stop(self, why: str) -> Dict[str, Optional[float]]:
        """Stop it until nothing keeps it stopped any more; return the times. Raises ValueError."""
        processes, sent_s = self.processes(), time.monotonic()
        self._stopped_for.add(why)
        self._stopped += [process for process in processes if process not in self._stopped]
        for process in processes:
            process.send(SIGNALS["STOP"])
        while on := [process for process in processes if process.goes_on()]:
            if time.monotonic() > sent_s + GONE_TIMEOUT_S:
                raise RefusalError(
                    "component-not-stopped",
                    "component {component} goes on {timeout_s:g} s after SIGSTOP: {processes}",
                    component=self.name,
                    timeout_s=GONE_TIMEOUT_S,
                    processes=", ".join(f"{process.pid} {process.state()}" for process in on),
                )
            time.sleep(GONE_POLL_S)
        return {"sent_s": sent_s, "gone_s": None}

    def go_on(self, why: str) -> None:
        """Let it go on, unless something else keeps it stopped. What has ended is left alone."""
        self._stopped_for.discard(why)
        if not self._stopped_for:
            for process in self._stopped:
                process.send(SIGNALS["CONT"])
            self._stopped = []
