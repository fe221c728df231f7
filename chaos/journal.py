"""What must be undone, on disk before it is done."""

from __future__ import annotations

import json
import os
import time
import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def new_undo() -> str:
    """Return a name for an undo; also valid in the name of an nft table."""
    return f"f{uuid.uuid4().hex[:8]}"


class Journal:
    """An append-only file in the lab's directory; each line is flushed to the disk."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "journal.jsonl"

    def note(self, undo: str, state: str, **fields: Any) -> None:
        """Append one line: state is `planned` before the injection, `undone` after the heal."""
        line = json.dumps({"undo": undo, "state": state, "wall_s": time.time(), **fields})
        with self.path.open("a", encoding="utf-8") as handle:
            handle.write(line + "\n")
            handle.flush()
            os.fsync(handle.fileno())

    def open_undos(self) -> list[str]:
        """Return the undos that were planned and not seen done."""
        states: dict[str, str] = {}
        if self.path.exists():
            for line in self.path.read_text(encoding="utf-8").splitlines():
                try:
                    entry = json.loads(line)
                except ValueError:
                    continue  # torn by a crash while it was written: nothing was injected then
                states[entry["undo"]] = entry["state"]
        return [undo for undo, state in states.items() if state != "undone"]
