"""The components of one node, each a process group; some are restarted when they exit."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from typing import Any, Dict, List, Optional

from lab.agent.components import (
    GONE_POLL_S,
    GONE_TIMEOUT_S,
    SIGNALS,
    Components,
    survives,
    unsupervised,
)
from lab.agent.group import Group, members
from lab.agent.refusal import RefusalError
from lab.agent.sockets import peers_of

# A kubelet restarts a container at once when it exits for the first time; a second is our poll.
RESTART_AFTER_S = 1.0
POLL_S = 0.2


def processes_in(network_inode: int | None) -> list[int]:
    """Return the pids, this process's excepted, whose network namespace has this inode.

    None: every process that is visible belongs to the node, except those without a parent here:
    the node's first process, and processes that entered from outside. A container may not look at
    the namespaces of other users' processes.
    """
    pids = []
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) != os.getpid():
            try:
                if network_inode is None:
                    belongs = _parent(entry) != 0
                else:
                    belongs = os.stat(f"/proc/{entry}/ns/net").st_ino == network_inode
            except OSError:
                continue  # it has ended meanwhile
            if belongs:
                pids.append(int(entry))
    return pids


def stat_of(pid: int | str) -> list[str]:
    """Return state, parent, ... of a process. Raises OSError when there is none."""
    with open(f"/proc/{pid}/stat", encoding="latin-1") as handle:
        return handle.read().rpartition(")")[2].split()


def _parent(pid: int | str) -> int:
    return int(stat_of(pid)[1])


def kill_all(network_inode: int | None) -> None:
    """SIGKILL every process of a network namespace except this one, until all are gone."""
    deadline_s = time.monotonic() + GONE_TIMEOUT_S
    while time.monotonic() < deadline_s:
        running = [pid for pid in processes_in(network_inode) if _runs(pid)]
        if not running:
            return
        for pid in running:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(GONE_POLL_S)


def _runs(pid: int) -> bool:
    """Whether a process is more than a zombie that waits to be reaped."""
    try:
        return stat_of(pid)[0] not in "ZX"
    except OSError:
        return False


class Processes(Components):
    """Components that this agent starts, each a process group."""

    restart_timeout_s = 30.0

    def __init__(self, directory: str) -> None:
        super().__init__()
        self._directory = directory
        self._groups: dict[str, Group] = {}

    def start(self, name: str, argv: Optional[List[str]] = None, restart: bool = False) -> int:
        """Start a component; an `argv` is kept for the next time."""
        with self._lock:
            group = self._groups.get(name)
            if argv is not None and (group is None or not group.alive()):
                log = os.path.join(self._directory, "logs", name + ".log")
                group = self._groups[name] = Group(argv, self._directory, log, restart)
            if group is None:
                raise RefusalError(
                    "component-never-started",
                    "component {component} was never started here",
                    component=name,
                )
            if not group.alive():
                os.makedirs(os.path.dirname(group.log), exist_ok=True)
                with open(group.log, "ab") as log_file:
                    group.process = subprocess.Popen(
                        group.argv,
                        cwd=group.directory,
                        stdin=subprocess.DEVNULL,
                        stdout=log_file,
                        stderr=subprocess.STDOUT,
                        start_new_session=True,
                    )
                group.held_down, group.exited_s, group.gone = False, None, False
                self._record("component_start", name)
            return group.number

    def alive(self, name: str) -> bool:
        """Whether any process of the group runs."""
        with self._lock:
            return name in self._groups and self._groups[name].alive()

    def _require(self, name: str) -> Group:
        self.check_runs(name)
        return self._groups[name]

    def check_kill(self, name: str) -> None:
        """Raise ValueError when it does not run."""
        self.check_runs(name)

    def check_crash(self, name: str) -> None:
        """Raise ValueError when it does not run, or this agent does not start it again."""
        with self._lock:
            if not self._require(name).restart:
                raise unsupervised(name)

    def check_power(self) -> None:
        """Raise nothing: all that the node runs was started here."""

    def signal(self, name: str, signal_name: str) -> Dict[str, Any]:
        """Signal the whole group."""
        with self._lock:
            group = self._require(name)
            group.held_down = group.held_down or signal_name == "KILL"
            return self._send(name, group, signal_name)

    def crash(self, name: str) -> Dict[str, Any]:
        """Kill the whole group; `supervise` starts it again."""
        with self._lock:
            group = self._require(name)
            group.held_down = False
            return self._send(name, group, "KILL")

    def _send(self, name: str, group: Group, signal_name: str) -> Dict[str, Any]:
        sent_s = time.monotonic()
        os.killpg(group.number, SIGNALS[signal_name])
        gone_s = None
        if signal_name == "KILL":
            while group.alive() and time.monotonic() < sent_s + GONE_TIMEOUT_S:
                time.sleep(GONE_POLL_S)
            gone_s = time.monotonic()
            if group.alive():
                raise survives(name)
            self._check(name, group, gone_s)
        return {"sent_s": sent_s, "gone_s": gone_s}

    def revive(self, name: str) -> None:
        """Start it with the same command."""
        self.start(name)

    def resume(self, name: str) -> None:
        """Continue the whole group."""
        with self._lock:
            group = self._groups.get(name)
            if group is not None and group.alive():
                self.signal(name, "CONT")

    def hold_all_down(self) -> None:
        """Restart nothing until it is started."""
        with self._lock:
            for group in self._groups.values():
                group.held_down = True

    def supervise(self) -> None:
        """Record the components that exit, and restart those that ask for it."""
        while True:
            time.sleep(POLL_S)
            with self._lock:
                for name, group in self._groups.items():
                    self._check(name, group, time.monotonic())

    def _check(self, name: str, group: Group, now_s: float) -> None:
        if group.process is None or group.alive():
            return
        if group.exited_s is None:
            group.exited_s = now_s
            self._record("component_exit", name, group.process.returncode)
        if group.restart and not group.held_down and now_s - group.exited_s >= RESTART_AFTER_S:
            try:
                self.start(name)
            except OSError:
                group.exited_s = now_s  # tried again after the same delay

    def peers(self, names: List[str]) -> Dict[str, Optional[List[str]]]:
        """Return the remote ends of the connections that the groups have opened."""
        with self._lock:
            numbers = {name: self._groups[name].number for name in names if self.alive(name)}
        return {
            name: peers_of(members(numbers[name])) if name in numbers else None for name in names
        }

    def restart_all(self) -> None:
        """Start every component again that was ever started."""
        with self._lock:
            failed = {}
            for name, group in self._groups.items():
                self._check(name, group, time.monotonic())
                try:
                    self.start(name)
                except OSError as error:
                    failed[name] = str(error)
            if failed:
                names = ", ".join(f"{name}: {error}" for name, error in failed.items())
                raise RefusalError(
                    "not-started-again",
                    "could not be started again: {components}",
                    components=names,
                )

    def listing(self) -> dict[str, dict[str, Any]]:
        """Return the state of each component that was ever started."""
        with self._lock:
            return {
                name: {
                    "alive": group.alive(),
                    "pid": group.process.pid if group.process else None,
                    "exit_code": group.process.returncode if group.process else None,
                }
                for name, group in self._groups.items()
            }
