"""What is kept of an error that nobody has foreseen: its traceback, in a file."""

from __future__ import annotations

import contextlib
import os
import tempfile
import traceback
from pathlib import Path

from lab.directories import state_home
from lab.errors import LabError

SUFFIX = ".traceback"
# The newest ones are kept.
KEPT = 20


def traceback_place(error: BaseException) -> str:
    """Write a traceback to a file; return its path, or the traceback where that is impossible."""
    text = "".join(traceback.format_exception(error))
    for folder in (_folder, lambda: Path(tempfile.gettempdir())):
        with contextlib.suppress(OSError, LabError):
            return _written(folder(), text)
    return f"this\n{text}"


def _folder() -> Path:
    """Return the folder of tracebacks, with room for one more."""
    folder = state_home() / "tracebacks"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = sorted(folder.glob(f"*{SUFFIX}"), key=lambda path: path.lstat().st_mtime)
    for path in files[: -KEPT + 1]:
        path.unlink(missing_ok=True)
    return folder


def _written(folder: Path, text: str) -> str:
    number, path = tempfile.mkstemp(prefix="halab-", suffix=SUFFIX, dir=folder)
    with os.fdopen(number, "w", encoding="utf-8", errors="replace") as file:
        file.write(text)
    return path
