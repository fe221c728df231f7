"""Which process is the keeper of a lab, and whether it runs.

The arguments of a process prove nothing: anybody can have the same. A keeper holds a lock on a file
that only its user can open, from before its first moment to its last. Whom to kill is in a record
beside it: the number of the process, and what tells it from a later one with the same number.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import signal
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from lab.agent.processes import stat_of

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCK, RECORD = "keeper.lock", "keeper.json"
PROC = Path("/proc")
BOOT_ID = PROC / "sys/kernel/random/boot_id"
STATE, PARENT, START = 0, 1, 19  # in what stat_of returns


@dataclass(frozen=True)
class ProcessIdentity:
    """A process: its number, its start in clock ticks since the boot, its user, and that boot."""

    pid: int
    start_ticks: int
    uid: int
    boot_id: str

    def runs(self) -> bool:
        """Whether this very process exists and is no zombie."""
        return identity_of(self.pid) == self

    def kill_children(self) -> bool:
        """SIGKILL its children; return whether there were any. Raises PermissionError."""
        killed = False
        for child in self._children():
            # what the descriptor is of cannot change any more, so it is checked after the opening
            with _descriptor_of(child) as descriptor:
                if descriptor is not None and self.runs() and _parent_of(child) == self.pid:
                    signal.pidfd_send_signal(descriptor, signal.SIGKILL)
                    killed = True
        return killed

    def kill(self) -> None:
        """SIGKILL it. Raises PermissionError."""
        with _descriptor_of(self.pid) as descriptor:
            if descriptor is not None and self.runs():
                signal.pidfd_send_signal(descriptor, signal.SIGKILL)

    def _children(self) -> list[int]:
        try:
            listed = (PROC / f"{self.pid}/task/{self.pid}/children").read_text()
        except OSError:
            return []
        return [int(child) for child in listed.split()]


IDENTITIES = TypeAdapter(ProcessIdentity)


def identity_of(pid: int) -> ProcessIdentity | None:
    """Return who has a number now, None where it is nobody or a zombie."""
    try:
        fields = stat_of(pid)
        status = (PROC / str(pid) / "status").read_text(errors="replace")
    except OSError:
        return None
    if fields[STATE] in "ZX":
        return None
    (uids,) = [line for line in status.splitlines() if line.startswith("Uid:")]
    return ProcessIdentity(pid, int(fields[START]), int(uids.split()[1]), _boot_id())


def is_locked(directory: Path) -> bool:
    """Whether a keeper holds the lock."""
    try:
        descriptor = os.open(directory / LOCK, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    try:
        # shared, so that two that look at once do not take each other for the keeper
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def write_record(directory: Path, pid: int) -> ProcessIdentity | None:
    """Record a keeper that this process has just started; None when it has ended already."""
    if (identity := identity_of(pid)) is not None:
        draft = directory / f"{RECORD}.tmp"
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(asdict(identity)), encoding="utf-8")
        draft.replace(directory / RECORD)
    return identity


def recorded(directory: Path) -> ProcessIdentity | None:
    """Return the keeper of a lab, None where none is recorded or its record cannot be read."""
    try:
        return IDENTITIES.validate_json((directory / RECORD).read_bytes())
    except (OSError, ValueError):
        return None


def _boot_id() -> str:
    return BOOT_ID.read_text().strip()


def _parent_of(pid: int) -> int:
    try:
        return int(stat_of(pid)[PARENT])
    except OSError:
        return 0


@contextlib.contextmanager
def _descriptor_of(pid: int) -> Iterator[int | None]:
    try:
        descriptor = os.pidfd_open(pid)
    except OSError as error:
        if error.errno not in (errno.ESRCH, errno.EINVAL):  # nobody's, or a thread's
            raise
        yield None
        return
    try:
        yield descriptor
    except ProcessLookupError:
        return  # it has ended meanwhile
    finally:
        os.close(descriptor)
