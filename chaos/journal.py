"""What must be undone, on disk before it is done."""

from __future__ import annotations

import json
import os
import time
import uuid
from typing import IO, TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path


def new_undo() -> str:
    """Return a name for an undo; also valid in the name of an nft table."""
    return f"f{uuid.uuid4().hex[:8]}"


def _ends_a_line(handle: IO[bytes]) -> bool:
    handle.seek(-1, os.SEEK_END)
    return handle.read(1) == b"\n"


class Journal:
    """An append-only file in the lab's directory; each line is flushed to the disk."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "journal.jsonl"

    def note(
        self, undo: str, state: Literal["planned", "undone"], **fields: str | list[str]
    ) -> None:
        """Append one line: `planned` before the injection, `undone` after the heal."""
        line = json.dumps({"undo": undo, "state": state, "wall_s": time.time(), **fields})
        with self.path.open("a+b") as handle:
            # a line that a crash has torn must not swallow the next
            torn = handle.tell() > 0 and not _ends_a_line(handle)
            handle.write(f"{chr(10) if torn else ''}{line}\n".encode())
            handle.flush()
            os.fsync(handle.fileno())

    def open_undos(self) -> list[str]:
        """Return the undos that were planned and are not undone."""
        states: dict[str, str] = {}
        if self.path.exists():
            for line in self.path.read_text(encoding="utf-8", errors="replace").splitlines():
                try:
                    entry = json.loads(line)
                except ValueError:
                    continue  # torn by a crash while it was written: nothing was injected then
                states[entry["undo"]] = entry["state"]
        return [undo for undo, state in states.items() if state != "undone"]
