"""A component of a node: a process group, whose number may become another's when it is gone."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, List, Optional

if TYPE_CHECKING:
    import subprocess


def members(group: int) -> List[int]:
    """Return the pids of a process group."""
    return [
        int(entry) for entry in os.listdir("/proc") if entry.isdigit() and _group(entry) == group
    ]


def _group(pid: str) -> Optional[int]:
    try:
        return os.getpgid(int(pid))
    except OSError:
        return None


@dataclass
class Group:
    """A component: how it was started, and its process group."""

    argv: list[str]
    directory: str
    log: str
    restart: bool
    held_down: bool = False
    exited_s: float | None = None
    process: subprocess.Popen[bytes] | None = None
    gone: bool = False  # no process of it is left, and its number may be another group's

    @property
    def number(self) -> int:
        """The number of its process group. It was started."""
        assert self.process is not None
        return self.process.pid

    def alive(self) -> bool:
        """Whether any process of the group runs (nginx's workers outlive their master)."""
        if self.process is None or self.gone:
            return False
        self.gone = not self._remains(self.process)
        return not self.gone

    def _remains(self, process: subprocess.Popen[bytes]) -> bool:
        # The kernel gives a number to nobody else while the group has a process. So when the first
        # process has been reaped and its number is somebody's, the group is gone.
        if process.poll() is not None and os.path.exists(f"/proc/{process.pid}"):
            return False
        try:
            os.killpg(process.pid, 0)
        except (ProcessLookupError, PermissionError):
            return False
        return True
