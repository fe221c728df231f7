"""The components of one node, each a process group; some are restarted when they exit."""

from __future__ import annotations

import collections
import os
import signal
import subprocess
import threading
import time
from typing import Any, Deque, Dict, List, Optional

from lab.agent.group import Group
from lab.agent.sockets import peers_of

SIGNALS = {"KILL": signal.SIGKILL, "STOP": signal.SIGSTOP, "CONT": signal.SIGCONT}
GONE_TIMEOUT_S = 5.0
# A kubelet restarts a container at once when it exits for the first time; a second is our poll.
RESTART_AFTER_S = 1.0
POLL_S = 0.2
REMEMBERED = 1000


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
        time.sleep(0.002)


def _runs(pid: int) -> bool:
    """Whether a process is more than a zombie that waits to be reaped."""
    try:
        return stat_of(pid)[0] not in "ZX"
    except OSError:
        return False


class Processes:
    """Starts, signals, supervises and lists components by name."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._groups: dict[str, Group] = {}
        self._lock = threading.RLock()
        self._events: Deque[dict[str, Any]] = collections.deque(maxlen=REMEMBERED)

    def start(self, name: str, argv: list[str] | None = None, restart: bool = False) -> int:
        """Start a component, or start it again with the same command; do nothing when it runs.

        Returns the pid of its first process. With `restart` it is started
        again when it exits, unless a fault holds it down.
        """
        with self._lock:
            group = self._groups.get(name)
            if argv is not None and (group is None or not group.alive()):
                log = os.path.join(self._directory, "logs", name + ".log")
                group = self._groups[name] = Group(argv, self._directory, log, restart)
            if group is None:
                raise ValueError(f"component {name} was never started here")
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
                self._record("component_start", name, None)
            assert group.process is not None
            return group.process.pid

    def require(self, name: str) -> Group:
        """Return the group of a component that runs. Raises ValueError."""
        with self._lock:
            group = self._groups.get(name)
            if group is None or not group.alive():
                raise ValueError(f"component {name} does not run here")
            return group

    def signal(self, name: str, signal_name: str) -> dict[str, Any]:
        """Signal the whole group; for KILL, wait until it is gone. Times are monotonic seconds."""
        with self._lock:
            group = self.require(name)
            assert group.process is not None
            group.held_down = group.held_down or signal_name == "KILL"
            sent_s = time.monotonic()
            os.killpg(group.process.pid, SIGNALS[signal_name])
            gone_s = None
            if signal_name == "KILL":
                while group.alive() and time.monotonic() < sent_s + GONE_TIMEOUT_S:
                    time.sleep(0.002)
                gone_s = time.monotonic()
                if group.alive():
                    raise ValueError(f"component {name} is still there 5 s after SIGKILL")
                self._check(name, group, gone_s)
            return {"sent_s": sent_s, "gone_s": gone_s}

    def resume(self, name: str) -> None:
        """Continue a stopped component; do nothing when it has ended meanwhile."""
        with self._lock:
            group = self._groups.get(name)
            if group is not None and group.alive():
                self.signal(name, "CONT")

    def hold_all_down(self) -> None:
        """Restart no component until it is started: the host is about to lose its power."""
        with self._lock:
            for group in self._groups.values():
                group.held_down = True

    def supervise(self) -> None:
        """Record the components that exit, and restart those that ask for it, for ever."""
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

    def _record(self, kind: str, name: str, exit_code: int | None) -> None:
        event = {"kind": kind, "component": name, "at_s": time.monotonic()}
        self._events.append({**event, "exit_code": exit_code})

    def events(self) -> list[dict[str, Any]]:
        """Return what started and exited, oldest first; at_s in monotonic seconds."""
        with self._lock:
            return list(self._events)

    def peers(self, names: List[str]) -> Dict[str, Optional[List[str]]]:
        """Return the remote ends of each component's own connections; None where it does not run.

        ADDRESS:PORT each.
        """
        pids: Dict[str, Optional[int]] = {}
        with self._lock:
            for name in names:
                group = self._groups.get(name)
                process = group.process if group is not None and group.alive() else None
                pids[name] = None if process is None else process.pid
        return {name: None if pid is None else peers_of(pid) for name, pid in pids.items()}

    def restart_all(self) -> None:
        """Start every component again, as a booting host does."""
        with self._lock:
            failed = {}
            for name, group in self._groups.items():
                self._check(name, group, time.monotonic())
                try:
                    self.start(name)
                except OSError as error:
                    failed[name] = str(error)
            if failed:
                raise ValueError(f"could not be started again: {failed}")

    def listing(self) -> dict[str, dict[str, Any]]:
        """Return the state of each component: pid, alive, exit code of its first process."""
        with self._lock:
            return {
                name: {
                    "alive": group.alive(),
                    "pid": group.process.pid if group.process else None,
                    "exit_code": group.process.returncode if group.process else None,
                }
                for name, group in self._groups.items()
            }
