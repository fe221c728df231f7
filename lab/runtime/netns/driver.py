"""The runtime netns: what this machine and user can do with network namespaces."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lab.environment import search_path, tools_environment
from lab.runtime.capabilities import NO, ROOT, all_but
from lab.runtime.netns.runtime import (
    NetnsRuntime,
    missing_tools,
    namespaces_argv,
)
from lab.runtime.program_version import version_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lab.leftover import Leftover
    from lab.progress import Progress

ROOTLESS_HINT = (
    "an ordinary user needs user namespaces (sysctl kernel.apparmor_restrict_unprivileged_userns=0"
    " on Ubuntu, kernel.unprivileged_userns_clone=1 on old Debian); root needs none of this"
)
LOOP_CONTROL = Path("/dev/loop-control")
TIMEOUT_S = 10


def why_no_disks() -> str:
    """Return why `disk: ext4` is impossible here, "" when it is possible."""
    if os.geteuid() != 0:
        return "only root may make loop devices and mount ext4"
    if not LOOP_CONTROL.exists():
        return f"this machine has no loop devices ({LOOP_CONTROL} is missing; modprobe loop)"
    if shutil.which("mkfs.ext4", path=search_path()) is None:
        return "mkfs.ext4 is missing (e2fsprogs)"
    return ""


def version_of(program: str) -> str:
    """Return the version that a program of the system prints."""
    done = subprocess.run(
        [program, "-v"],
        capture_output=True,
        text=True,
        check=False,
        env=tools_environment(),
    )
    return version_in(done.stdout + done.stderr)


class NetnsDriver:
    """Containers without a daemon, on Linux."""

    capabilities = all_but({"disks": ROOT, "other-systems": NO})

    def at(self, directory: Path) -> NetnsRuntime:
        """Return the nodes of the lab in a directory, whether they exist or not."""
        return NetnsRuntime(directory)

    def unavailable(self, programs: Iterable[str]) -> str:
        """Return which tools are missing, or why no namespaces can be made."""
        if not sys.platform.startswith("linux"):
            return "network namespaces are Linux's; install Docker and use --runtime docker"
        if missing := missing_tools(programs):
            return f"missing: {', '.join(missing)}; `make setup` installs them"
        try:
            done = subprocess.run(
                [*namespaces_argv(), "true"],
                capture_output=True,
                text=True,
                check=False,
                timeout=TIMEOUT_S,
                env=tools_environment(),
            )
        except subprocess.TimeoutExpired:
            return f"no namespaces can be made: unshare takes longer than {TIMEOUT_S} s"
        if done.returncode != 0:
            hint = "" if os.geteuid() == 0 else f"; {ROOTLESS_HINT}"
            return f"no namespaces can be made: {done.stderr.strip()}{hint}"
        return ""

    def lacking(self) -> dict[str, str]:
        """Return capability -> why it is missing on this machine."""
        reason = why_no_disks()
        return {"disks": reason} if reason else {}

    def prepare(self, progress: Progress) -> None:
        """Do nothing: labs share nothing."""

    def versions(self, programs: Iterable[str]) -> dict[str, str]:
        """Return the versions of this machine's programs."""
        return {name: version_of(name) for name in programs}

    def daemon(self) -> None:
        """Return nothing: no daemon holds the nodes."""

    def collect(self, home: Path, *, dry_run: bool) -> list[Leftover]:
        """Return nothing: the kernel removes what a killed command has left."""
        del home, dry_run
        return []

    def labs_with_leftovers(self, home: Path) -> set[str]:
        """Return nothing: the kernel removes all of a lab with its keeper."""
        del home
        return set()
