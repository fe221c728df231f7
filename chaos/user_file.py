"""Files that users name, read up to a bound: an endless one is refused, and no memory is filled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

# the largest file of the project has 20 KB
MOST_BYTES = 256 * 1024


def read_user_file(path: Path, most: int = MOST_BYTES) -> bytes:
    """Read a file, or a pipe, as of `halab run <(...)`. Raises InputError."""
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:  # a name with a null byte
        raise InputError(f"cannot read {path}: {error}") from error
    if len(content) > most:
        raise InputError(f"cannot read {path}: it has more than {most} bytes")
    return content


def read_user_text(path: Path) -> str:
    """Read a text in UTF-8, without its byte order mark. Raises InputError."""
    content = read_user_file(path)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(f"cannot read {path}:{line}: {error}") from error
