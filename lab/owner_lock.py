"""A lock that shows whether the owner of something lives: the kernel frees it with the process.

Processes in other PID namespaces see it too, and no later process with the same number has it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW


def hold(path: Path) -> int:
    """Make a file and return the descriptor that holds its lock. Raises OSError.

    Children have it only when it is passed on.
    """
    while (descriptor := _held(path, os.O_CREAT)) is None:
        pass  # a clean-up was quicker than our lock: once more
    return descriptor


def hold_directory(parent: Path, prefix: str) -> tuple[Path, int]:
    """Make a directory with a name of its own; return it, and the descriptor that holds its lock.

    Raises OSError.
    """
    while True:
        path = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        if (descriptor := _held(path)) is not None:
            return path, descriptor


def _held(path: Path, flags: int = 0) -> int | None:
    """Return a descriptor with the lock, None when its path was removed before it was locked."""
    try:
        descriptor = os.open(path, FLAGS | flags, 0o600)
    except FileNotFoundError:
        return None
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with contextlib.suppress(FileNotFoundError):
        if os.path.samestat(os.fstat(descriptor), os.lstat(path)):
            return descriptor
    os.close(descriptor)
    return None


@contextlib.contextmanager
def taken_over(path: Path) -> Iterator[bool]:
    """Yield whether nobody holds the lock of a file or a directory, and hold it meanwhile.

    One that does not exist is held by nobody; a link counts as held. Raises OSError.
    """
    if path.is_symlink():
        yield False
        return
    try:
        descriptor = os.open(path, FLAGS)
    except FileNotFoundError:
        yield True
        return
    try:
        yield _locks(descriptor)
    finally:
        os.close(descriptor)


def _locks(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
