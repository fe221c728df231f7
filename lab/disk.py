"""Whether this machine and user can give etcd disks whose power can be cut, asked beforehand."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from lab.errors import RuntimeUnavailableError
from lab.runtime.netns import search_path

if TYPE_CHECKING:
    from lab.spec import LabSpec

LOOP_CONTROL = Path("/dev/loop-control")


def why_no_disks() -> str:
    """Return why `disk: ext4` cannot be had here, "" when it can."""
    if os.geteuid() != 0:
        return "only root may make loop devices and mount ext4"
    if not LOOP_CONTROL.exists():
        return f"this machine has no loop devices ({LOOP_CONTROL} is missing; modprobe loop)"
    if shutil.which("mkfs.ext4", path=search_path()) is None:
        return "mkfs.ext4 is missing (e2fsprogs)"
    return ""


def check_disks(spec: LabSpec) -> None:
    """Raise RuntimeUnavailableError when the disks that were asked for cannot be had."""
    if spec.disk == "ext4" and (reason := why_no_disks()):
        raise RuntimeUnavailableError(
            f"disk: ext4 cannot be had: {reason}; nothing was started. With `disk: directory` "
            "everything else works, and a power-off is a crash of the processes only"
        )
