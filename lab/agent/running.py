"""Processes that run now, by the names of their programs, as /proc shows them."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Collection, Dict, List, Tuple, Union

if TYPE_CHECKING:
    import signal

# The kernel cuts the name of a program to so many bytes.
NAME_BYTES = 15
STATE, PARENT, START = 0, 1, 19  # after the name, in /proc/PID/stat
DEAD, ZOMBIE, STOPPED, UNINTERRUPTIBLE = "X", "Z", "T", "D"


@dataclass(frozen=True)
class Process:
    """A process: its number may become another's, but not with the same start (clock ticks)."""

    pid: int
    started: int

    def runs(self) -> bool:
        """Whether it is more than a zombie that waits to be reaped. It may be stopped.

        Its first thread is a zombie already while others still end, and with them its sockets.
        """
        state = self.state()
        return _has_threads(self.pid) if state == ZOMBIE else state != DEAD

    def goes_on(self) -> bool:
        """Whether it goes on after a SIGSTOP, neither gone nor stopped.

        In an uninterruptible sleep it does not: it stops before it runs on. After vfork that may be
        for good, for the child was stopped before its exec.
        """
        return self.state() not in (DEAD, ZOMBIE, STOPPED, UNINTERRUPTIBLE)

    def state(self) -> str:
        """Return its state, one letter; DEAD when it is gone."""
        try:
            _, fields = _stat_of(self.pid)
        except OSError:
            return DEAD
        return fields[STATE] if int(fields[START]) == self.started else DEAD

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, unless it is gone."""
        if self.runs():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)


@dataclass(frozen=True)
class Program:
    """What runs of a program, oldest first; `mains`: those that none of the others has started."""

    all: List[Process] = field(default_factory=list)
    mains: List[Process] = field(default_factory=list)


def programs_that_run(names: Collection[str], network_inode: int) -> Dict[str, Program]:
    """Return program -> its processes in the network namespace with this inode.

    Processes of the same program in other networks are containers with a network of their own.
    Raises PermissionError when the network of one of these may not be looked at.
    """
    found: Dict[str, Dict[int, Tuple[Process, int]]] = {name: {} for name in names}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                name, fields = _stat_of(entry)
                if fields[STATE] in (DEAD, ZOMBIE):
                    continue
                program = next((known for known in names if _is_of(entry, name, known)), "")
                if program and os.stat(f"/proc/{entry}/ns/net").st_ino == network_inode:
                    process = Process(int(entry), int(fields[START]))
                    found[program][process.pid] = (process, int(fields[PARENT]))
            except (FileNotFoundError, ProcessLookupError):
                continue  # it has ended meanwhile
    return {name: _program(processes) for name, processes in found.items()}


def parents() -> Dict[int, int]:
    """Return the parent of every process that runs; 0 where it is outside of what is seen here."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                _, fields = _stat_of(entry)
            except (FileNotFoundError, ProcessLookupError):
                continue
            if fields[STATE] not in (DEAD, ZOMBIE):
                found[int(entry)] = int(fields[PARENT])
    return found


def _program(processes: Dict[int, Tuple[Process, int]]) -> Program:
    age = sorted(processes.values(), key=lambda pair: (pair[0].started, pair[0].pid))
    mains = [process for process, parent in age if parent not in processes]
    return Program([process for process, _ in age], mains)


def _has_threads(pid: int) -> bool:
    """Whether a process has more threads than its first one."""
    try:
        return len(os.listdir(f"/proc/{pid}/task")) > 1
    except OSError:
        return False


def _stat_of(pid: Union[int, str]) -> Tuple[str, List[str]]:
    """Return the name of a process, and what follows it in its stat. Raises OSError."""
    with open(f"/proc/{pid}/stat", encoding="latin-1") as handle:
        head, _, tail = handle.read().rpartition(")")
    return head.partition("(")[2], tail.split()


def _is_of(pid: str, name: str, program: str) -> bool:
    """Whether a process with this name runs a program."""
    if name != program[:NAME_BYTES]:
        return False
    if len(program) <= NAME_BYTES:
        return True
    with open(f"/proc/{pid}/cmdline", encoding="latin-1") as handle:
        return os.path.basename(handle.read().partition("\0")[0]) == program
