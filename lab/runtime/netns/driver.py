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
from lab.runtime.planned import NO_SWAPS, SWAPS, PlannedLabs
from lab.runtime.program_version import version_in
from lab.sentence import joined, sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lab.leftover import Leftover
    from lab.progress import Progress
    from lab.sentence import Words

ROOTLESS_HINT = sentence(
    "needs-user-namespaces",
    "an ordinary user needs user namespaces (sysctl kernel.apparmor_restrict_unprivileged_userns=0"
    " on Ubuntu, kernel.unprivileged_userns_clone=1 on old Debian); root needs none of this",
)
LOOP_CONTROL = Path("/dev/loop-control")
TIMEOUT_S = 10


def why_no_disks() -> Words:
    """Return why `disk: ext4` is impossible here, "" when it is possible."""
    if os.geteuid() != 0:
        return sentence("disks-need-root", "only root may make loop devices and mount ext4")
    if not LOOP_CONTROL.exists():
        return sentence(
            "no-loop-devices",
            "this machine has no loop devices ({path} is missing; modprobe loop)",
            path=str(LOOP_CONTROL),
        )
    if shutil.which("mkfs.ext4", path=search_path()) is None:
        return sentence("no-mkfs", "mkfs.ext4 is missing (e2fsprogs)")
    return ""


def _no_namespaces(why: Words) -> Words:
    return sentence("no-namespaces", "no namespaces can be made: {why}", why=why)


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


class NetnsDriver(PlannedLabs):
    """Containers without a daemon, on Linux."""

    name = "netns"
    capabilities = all_but({"disks": ROOT, SWAPS: NO, "other-systems": NO})

    def at(self, directory: Path) -> NetnsRuntime:
        """Return the nodes of the lab in a directory, whether they exist or not."""
        return NetnsRuntime(directory)

    def unavailable(self, programs: Iterable[str]) -> Words:
        """Return which tools are missing, or why no namespaces can be made."""
        if not sys.platform.startswith("linux"):
            return sentence(
                "only-on-linux",
                "network namespaces are Linux's; install Docker and use --runtime docker",
            )
        if missing := missing_tools(programs):
            return sentence(
                "tools-missing",
                "missing: {tools}; `make setup` installs them",
                tools=", ".join(missing),
            )
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
            late = sentence(
                "unshare-late", "unshare takes longer than {timeout_s} s", timeout_s=TIMEOUT_S
            )
            return _no_namespaces(late)
        if done.returncode != 0:
            output = done.stderr.strip()
            return _no_namespaces(output if os.geteuid() == 0 else joined([output, ROOTLESS_HINT]))
        return ""

    def lacking(self) -> Mapping[str, Words]:
        """Return capability -> why it is missing on this machine."""
        reason = why_no_disks()
        return {SWAPS: NO_SWAPS, **({"disks": reason} if reason else {})}

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
