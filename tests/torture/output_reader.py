"""Takes what a command prints, and can be gone before the command is."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

POLL_S = 0.005


class OutputReader:
    """The other end of a command's output: copies it to a file, until it is closed."""

    def __init__(self, file: Path) -> None:
        self._read_end, self.write_end = os.pipe()
        self._file = file.open("wb", buffering=0)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._copy, daemon=True)

    def follow(self) -> None:
        """Begin, when the command has its end of the pipe."""
        os.close(self.write_end)
        os.set_blocking(self._read_end, False)
        self._thread.start()

    def _copy(self) -> None:
        while not self._closing.is_set():
            try:
                piece = os.read(self._read_end, 1 << 16)
            except BlockingIOError:
                time.sleep(POLL_S)
                continue
            if not piece:
                return
            self._file.write(piece)

    def close(self) -> None:
        """Close our end: who writes then has a pipe that is gone."""
        if not self._closing.is_set():
            self._closing.set()
            self._thread.join()
            os.close(self._read_end)
            self._file.close()
