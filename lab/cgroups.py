"""The memory that control groups leave to this process: version 1 and 2, every level above it."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

PROC = Path("/proc/self")


class _Files(NamedTuple):
    """The names of a version: the limits, what is used, and the line of caches in memory.stat."""

    limits: tuple[str, ...]
    used: str
    reclaimable: str


V1 = _Files(("memory.limit_in_bytes",), "memory.usage_in_bytes", "total_inactive_file")
V2 = _Files(("memory.max", "memory.high"), "memory.current", "inactive_file")


def available_bytes(proc: Path = PROC) -> int | None:
    """Return what the narrowest control group leaves, None where none has a limit.

    Caches that the kernel gives back count as available. `proc`: the process's folder.
    """
    left = [
        available
        for files, folder in _groups(proc)
        if (available := _available(files, folder)) is not None
    ]
    return min(left, default=None)


def _groups(proc: Path) -> Iterator[tuple[_Files, Path]]:
    """Yield the groups of a process that may limit its memory, up to the root of each mount."""
    try:
        lines = (proc / "cgroup").read_text().splitlines()
        mounts = (proc / "mountinfo").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, name = line.split(":", 2)
        for root, point, kind, options in map(_mount, mounts):
            if not controllers and kind == "cgroup2":
                files = V2
            elif "memory" in controllers.split(",") and kind == "cgroup" and "memory" in options:
                files = V1
            else:
                continue
            below = _below(name, root)
            yield from ((files, point / part) for part in (below, *below.parents))


def _mount(line: str) -> tuple[str, Path, str, list[str]]:
    """Return root, mount point, type and options of the file system of a line of mountinfo."""
    before, _, after = line.partition(" - ")
    root, point = before.split()[3:5]
    kind, _, options = after.split()[:3]
    return root, Path(point.replace("\\040", " ")), kind, options.split(",")


def _below(name: str, root: str) -> PurePosixPath:
    """Return the path of a group below a mount whose root is a group itself, as in a container."""
    path = PurePosixPath(name)
    if path.is_relative_to(root):
        return path.relative_to(root)
    return PurePosixPath()  # of another namespace: the root of the mount is what is known


def _available(files: _Files, folder: Path) -> int | None:
    limits = [number for name in files.limits if (number := _number(folder / name)) is not None]
    used = _number(folder / files.used)
    if not limits or used is None:
        return None
    return max(0, min(limits) - used + _reclaimable(folder / "memory.stat", files.reclaimable))


def _number(path: Path) -> int | None:
    """Return the number in a file; None for `max`, and where there is no such file."""
    try:
        text = path.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None


def _reclaimable(path: Path, name: str) -> int:
    try:
        lines = [line.split() for line in path.read_text().splitlines()]
    except OSError:
        return 0
    return next((int(line[1]) for line in lines if line[0] == name), 0)
