"""Streams of JSON lines: numbered from 1, with a closing line that has their count and their trial.

So a line that was deleted, doubled, moved or cut off is missed, and a file that came from another
trial is noticed. What is sound is used; what is missing is reported.
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

from reports.history.files import read_regular
from reports.history.json_text import decoded
from reports.locale.message import message

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reports.locale.message import Message

NUMBER = "line"
CLOSED = "closed"
OF = "of"


class LineWriter:
    """Appends objects to a stream; thread-safe. Without a closing line it was cut off.

    `of`: the name of the trial that it belongs to, "" for a stream of the run.
    """

    def __init__(self, path: Path, of: str = "") -> None:
        self._of = of
        path.unlink(missing_ok=True)  # what is there may lead elsewhere
        self._file = path.open("x", encoding="utf-8")
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
                closing = {NUMBER: self._count + 1, CLOSED: self._count, OF: self._of}
                self._file.write(json.dumps(closing) + "\n")
                self._file.close()


def read_lines(
    path: Path, damage: list[Message], *, ended: bool = True, of: str = ""
) -> list[dict[str, Any]]:
    """Decode a stream, without its numbers. What is broken or missing is added to `damage`.

    `ended`: whether what wrote it came to its end, so that a closing line is due. `of`: the trial
    that it must belong to.
    """
    try:
        text = read_regular(path).decode(errors="replace")
    except OSError as error:
        why = error.strerror or type(error).__name__
        damage.append(message("file-unreadable", file=path.name, error=why))
        return []
    objects: list[dict[str, Any]] = []
    numbers: list[object] = []
    broken: list[int] = []
    closed: object = None
    lines = text.split("\n")
    for place, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            content = decoded(line)
        except ValueError:
            content = None
        if not isinstance(content, dict):
            if place == len(lines):  # every whole line has a line end behind it
                damage.append(message("line-cut", file=path.name, line=place))
            else:
                broken.append(place)
            continue
        numbers.append(content.pop(NUMBER, None))
        if CLOSED in content:
            closed = content[CLOSED]
            damage += of_another(path.name, content.get(OF), of)
        else:
            objects.append(content)
    if broken:
        damage.append(message("lines-left-out", file=path.name, count=len(broken), first=broken[0]))
    damage += incomplete(path.name, numbers, closed, len(objects) + len(broken), ended=ended)
    return objects


def of_another(name: str, named: object, wanted: str) -> list[Message]:
    """Return that a file belongs to another trial, by what its end says; nothing if it does not."""
    if named == wanted:
        return []
    return [message("stream-of-another", file=name, named=str(named), wanted=wanted)]


def incomplete(
    name: str, numbers: Sequence[object], closed: object, count: int, *, ended: bool
) -> list[Message]:
    """Return what the numbers of a stream's lines show: nothing when all are there, in order.

    `numbers`: of all lines that could be read, the closing one among them; `count`: how many lines
    there are beside it.
    """
    if closed is None and ended:
        return [message("not-closed", file=name, count=count)]
    if closed is not None and closed != count:
        return [message("closed-with-another-count", file=name, closed=str(closed), count=count)]
    due = count + (closed is not None)
    if len(numbers) >= due and numbers != list(range(1, due + 1)):
        return [message("not-numbered", file=name, count=count)]
    return []
