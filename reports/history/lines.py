"""Streams of JSON lines: numbered from 1, with a closing line that says how many there were.

So a line that was deleted, doubled, moved or cut off is missed. What is sound is used; what is
missing is said.
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NUMBER = "line"
CLOSED = "closed"


class LineWriter:
    """Appends objects to a stream; thread-safe. One that is not closed shows that it was cut."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8")
        self._lock = threading.Lock()
        self._count = 0

    def write(self, line: dict[str, Any]) -> None:
        """Write one object, flushed at once."""
        with self._lock:
            self._count += 1
            self._file.write(json.dumps({NUMBER: self._count, **line}) + "\n")
            self._file.flush()

    def close(self) -> None:
        """Write the closing line."""
        with self._lock:
            if not self._file.closed:
                self._file.write(json.dumps({NUMBER: self._count + 1, CLOSED: self._count}) + "\n")
                self._file.close()


def read_lines(path: Path, damage: list[str], *, ended: bool = True) -> list[dict[str, Any]]:
    """Decode a stream, without its numbers. What is broken or missing is said in `damage`.

    `ended`: whether what wrote it came to its end, so that a closing line is due.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        damage.append(f"{path.name} cannot be read: {error.strerror}")
        return []
    decoded: list[dict[str, Any]] = []
    numbers: list[object] = []
    broken: list[int] = []
    closed: object = None
    lines = text.split("\n")
    for place, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            if place == len(lines):  # every whole line has a line end behind it
                damage.append(f"{path.name} ends in the middle of line {place}")
            else:
                broken.append(place)
            continue
        numbers.append(found.pop(NUMBER, None))
        if CLOSED in found:
            closed = found[CLOSED]
        else:
            decoded.append(found)
    if broken:
        damage.append(left_out(path.name, "lines", len(broken), f"line {broken[0]}"))
    damage += incomplete(path.name, numbers, closed, len(decoded) + len(broken), ended=ended)
    return decoded


def incomplete(
    name: str, numbers: Sequence[object], closed: object, count: int, *, ended: bool
) -> list[str]:
    """Say what the numbers of a stream's lines show: nothing when all are there, in order.

    `numbers`: of all lines that could be read, the closing one among them; `count`: how many lines
    there are beside it.
    """
    if closed is None and ended:
        return [f"{name} was not closed: it holds {count} lines, and there may have been more"]
    if closed is not None and closed != count:
        return [f"{name} was closed with {closed} lines and holds {count}"]
    due = count + (closed is not None)
    if len(numbers) >= due and numbers != list(range(1, due + 1)):
        return [f"{name}: its lines are not numbered from 1 to {count} in order"]
    return []


def left_out(name: str, noun: str, count: int, first: str) -> str:
    """Say how many of what are left out, and which is the first."""
    return f"{name}: {count} {noun} cannot be read and are left out, the first is {first}"
