"""Where an image is made without a registry: a directory that is removed, whatever ends the work.

Its lock is held by who works there, children included: what SIGKILL leaves is known by it.
"""

from __future__ import annotations

import os
import shutil
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lab import owner_lock
from lab.afterwards import afterwards
from lab.errors import CleanupError
from lab.leftover import Leftover
from lab.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

# On a file system that may hold devices; many a /tmp may not.
PARENT = Path("/var/tmp")
PREFIX = "halab-image-"
MOUNTS = Path("/proc/self/mountinfo")
# What was killed may still write for a moment.
REMOVE_TIMEOUT_S = 10.0
POLL_S = 0.1


@contextmanager
def scratch() -> Iterator[tuple[Path, int]]:
    """Make a directory; yield it and its lock, to be passed on to what works in it."""
    path, lock = owner_lock.hold_directory(PARENT, PREFIX)
    with afterwards(lambda: _remove(path), lambda: os.close(lock)):
        yield path, lock


def collect(*, dry_run: bool) -> list[Leftover]:
    """Remove the directories of builds that have ended. Raises CleanupError.

    Anybody may write in the folder that they are in: only directories of this user are ours.
    """
    found = []
    for path in sorted(PARENT.glob(f"{PREFIX}*")):
        status = path.lstat()
        if path.is_symlink() or not path.is_dir() or status.st_uid != os.geteuid():
            continue
        with owner_lock.taken_over(path) as free:
            if free and _is_mounted_below(path):
                reason = f"something is mounted there, which `umount -R {path}/root/*` ends"
                found.append(Leftover(str(path), reason, kept=True))
            elif free:
                found.append(Leftover(str(path), "the command that made an image there has ended"))
                if not dry_run:
                    _remove(path)
    return found


def _is_mounted_below(path: Path) -> bool:
    mounts = MOUNTS.read_text().splitlines() if MOUNTS.exists() else []
    return any(line.split(" ")[4].startswith(f"{path}/") for line in mounts)  # where it is mounted


def _remove(path: Path) -> None:
    until_s = time.monotonic() + REMOVE_TIMEOUT_S
    while path.exists():
        try:
            shutil.rmtree(path)
        except OSError as error:
            if time.monotonic() > until_s:
                raise CleanupError(
                    sentence(
                        "path-not-removed",
                        "{path} could not be removed: {error}",
                        path=str(path),
                        error=str(error),
                    )
                ) from error
            time.sleep(POLL_S)
