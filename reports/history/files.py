"""Files of run directories, which may come from anybody: how they are read, and how written.

What is read is a regular file of bounded size that lies in the run directory itself. What is
written is a new file that takes the place of an older one, so that no link leads a report astray.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from contextlib import contextmanager, suppress
from pathlib import PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MIB = 1 << 20
# of a file that is decoded to objects, each much larger than its text; of one that becomes columns
MOST_DECODED = 32 * MIB
MOST_OF_COLUMNS = 512 * MIB
# a day of a hundred requests a second; of a file of few bytes, too
MOST_ROWS = 10_000_000
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW
_FOLDER = os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY | os.O_NOFOLLOW
_NEW = os.O_WRONLY | os.O_CLOEXEC | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW


def read_regular(path: Path, most: int = MOST_DECODED) -> bytes:
    """Read a file of at most `most` bytes. Raises OSError, for a link and a device too."""
    with _opened(path, most) as handle, os.fdopen(handle, "rb", closefd=False) as file:
        return file.read(os.fstat(handle).st_size)


def require_regular(path: Path, most: int) -> None:
    """Check a file that another library opens, as `read_regular` does. Raises OSError."""
    with _opened(path, most):
        pass


def write_within(root: Path, name: str, content: bytes) -> None:
    """Write a file below `root`; folders on the way are made. Raises OSError.

    No folder below `root` may be a link; what is there as `name` is replaced and never opened.
    """
    *folders, file = PurePath(name).parts
    with _folder_of(root, folders) as folder:
        draft = f".{file}.{secrets.token_hex(4)}"
        try:
            with os.fdopen(os.open(draft, _NEW, 0o666, dir_fd=folder), "wb") as handle:
                handle.write(content)
            os.replace(draft, file, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            with suppress(OSError):
                os.unlink(draft, dir_fd=folder)
            raise


@contextmanager
def _opened(path: Path, most: int) -> Iterator[int]:
    try:
        handle = os.open(path, _READ)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _refused(errno.ELOOP, "a link, and links are not followed", path) from error
        raise
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise _refused(errno.EINVAL, "no regular file", path)
        if status.st_size > most:
            raise _refused(errno.EFBIG, f"has {status.st_size} bytes, at most {most}", path)
        yield handle
    finally:
        os.close(handle)


@contextmanager
def _folder_of(root: Path, folders: list[str]) -> Iterator[int]:
    """Open a folder below `root`; those on the way are made, and none may be a link."""
    root.mkdir(parents=True, exist_ok=True)
    handle = os.open(root, _FOLDER & ~os.O_NOFOLLOW)
    place = root
    try:
        for name in folders:
            place /= name
            with suppress(FileExistsError):
                os.mkdir(name, dir_fd=handle)
            try:
                below = os.open(name, _FOLDER, dir_fd=handle)
            except OSError as error:
                if error.errno in {errno.ENOTDIR, errno.ELOOP}:
                    why = "no folder, or a link, and links are not followed"
                    raise _refused(errno.ENOTDIR, why, place) from error
                raise
            os.close(handle)
            handle = below
        yield handle
    finally:
        os.close(handle)


def _refused(number: int, why: str, path: Path) -> OSError:
    return OSError(number, why, str(path))
