"""What the prober prints: one JSON line for each fact, at once."""

from __future__ import annotations

import json
import os
from typing import Any, Dict, NamedTuple


class Sample(NamedTuple):
    """One probe. Times are monotonic seconds."""

    scheduled_s: float
    started_s: float
    ended_s: float
    outcome: str
    status: int
    error: str
    master: str
    client_port: int


def say(line: Dict[str, Any]) -> None:
    """Print one fact."""
    _write(json.dumps(line) + "\n")


class Names:
    """JSON of strings that come again and again."""

    def __init__(self) -> None:
        self._encoded: Dict[str, str] = {}

    def encoded(self, name: str) -> str:
        """Return a string as JSON."""
        if name not in self._encoded:
            self._encoded[name] = json.dumps(name)
        return self._encoded[name]


_NAMES = Names()


def say_sample(series: str, sample: Sample) -> None:
    """Print one probe of a series, whose fields are JSON already. Quicker than json.dumps."""
    _write(
        f'{{{series}, "scheduled_s": {sample.scheduled_s!r}, "started_s": {sample.started_s!r}, '
        f'"ended_s": {sample.ended_s!r}, "outcome": "{sample.outcome}", '
        f'"status": {sample.status}, "error": "{sample.error}", '
        f'"master": {_NAMES.encoded(sample.master)}, "client_port": {sample.client_port}}}\n'
    )


def _write(text: str) -> None:
    unwritten = text.encode()
    while unwritten:
        unwritten = unwritten[os.write(1, unwritten) :]
