"""Whether this machine and user can give members disks that lose their power, asked up front."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from lab.errors import RuntimeUnavailableError
from lab.runtime.netns import search_path

if TYPE_CHECKING:
    from lab.spec import LabSpec

TOOLS = ("mkfs.ext4", "mount", "umount")


def lacking() -> str:
    """Return what is missing for disks of their own, "" when nothing is."""
    if os.geteuid() != 0:
        return "only root may mount a disk of its own"
    if missing := [tool for tool in TOOLS if shutil.which(tool, path=search_path()) is None]:
        return f"missing: {', '.join(missing)}; `make setup` installs them"
    if not Path("/dev/loop-control").exists():
        return "this kernel has no loop devices (/dev/loop-control)"
    filesystems = Path("/proc/filesystems").read_text(encoding="ascii")
    return "" if "ext4" in filesystems.split() else "this kernel has no ext4"


def check_disks(spec: LabSpec) -> None:
    """Raise RuntimeUnavailableError when the lab asks for disks that cannot be had."""
    if spec.disk == "ext4" and (reason := lacking()):
        raise RuntimeUnavailableError(
            f"disk: ext4 cannot be had here: {reason}. With `disk: directory` nothing else is "
            "needed; a loss of power is a process crash there, and called that"
        )
