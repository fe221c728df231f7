"""What goes wrong beside the blow: a full disk, a hung agent, a pipe that is gone."""

from __future__ import annotations

import contextlib
import signal
import subprocess
from typing import TYPE_CHECKING

import docker
import psutil

from lab.runtime.docker.connection import connect
from lab.runtime.docker.containers import DIRECTORY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEEPER = "lab.runtime.netns.keeper"
DISK_KIB = 4096


@contextlib.contextmanager
def small_disk(folder: Path, size_kib: int = DISK_KIB) -> Iterator[None]:
    """Mount a small file system on a folder; the whole host has it until the block ends."""
    argv = ["mount", "-t", "tmpfs", "-o", f"size={size_kib}k", "tmpfs", str(folder)]
    subprocess.run(argv, check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def fill(folder: Path) -> None:
    """Leave no byte free on the file system of a folder."""
    with (folder / "filler").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(1 << 16))


def empty(folder: Path) -> None:
    """Take back what `fill` did."""
    (folder / "filler").unlink(missing_ok=True)


def hang_an_agent(home: Path, runtime: str) -> str:
    """Stop one agent of a lab below `home`, with SIGSTOP; return which, "" where there is none."""
    pids = _agents_in_docker(home) if runtime == "docker" else _agents_in_netns()
    for pid in sorted(pids):
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.Process(pid).send_signal(signal.SIGSTOP)
            return f"agent {pid} stopped"
    return ""


def _agents_in_netns() -> list[int]:
    """Return the agents among our descendants: the keeper's forks, two below `unshare`."""
    keepers = {}
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if KEEPER in process.cmdline():
                keepers[process.pid] = process.ppid()
    return [pid for pid, parent in keepers.items() if keepers.get(parent) in keepers]


def _agents_in_docker(home: Path) -> list[int]:
    """Return the agents in our containers: forks of the first process."""
    firsts = []
    with contextlib.closing(connect()) as client:
        for container in client.containers(filters={"label": DIRECTORY}):
            if container["Labels"][DIRECTORY].startswith(f"{home}/"):
                # a command that takes the lab down may be quicker
                with contextlib.suppress(docker.errors.NotFound):
                    details = client.inspect_container(container["Id"])
                    firsts.append(details["State"]["Pid"])
    agents = []
    for pid in firsts:
        with contextlib.suppress(psutil.NoSuchProcess):
            first = psutil.Process(pid)
            forks = [child for child in first.children() if child.cmdline() == first.cmdline()]
            agents += [fork.pid for fork in forks]
    return agents
