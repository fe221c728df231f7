"""What the prober prints: one JSON line for each fact.

Probes wait for each other, a tenth of a second while there are more: every write wakes those who
read, an agent and a thread of the harness, and that costs more than the line.
"""

from __future__ import annotations

import functools
import json
import os
from typing import Any, Dict, List, NamedTuple

TOGETHER_S = 0.1
# The same few names come again and again.
_encoded = functools.lru_cache(maxsize=None)(json.dumps)


class SampleLine(NamedTuple):
    """One probe. Times are monotonic seconds."""

    scheduled_s: float
    started_s: float
    ended_s: float
    outcome: str
    status: int
    error: str
    master: str
    client_port: int


class Output:
    """Lines on their way to a descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._waiting: List[str] = []
        self._due_s = 0.0

    def say(self, line: Dict[str, Any]) -> None:
        """Print one fact at once, after what waits."""
        self._waiting.append(json.dumps(line) + "\n")
        self.flush()

    def say_sample(self, series: str, sample: SampleLine) -> None:
        """Print one probe soon; `series` is its fields, JSON already. Quicker than json.dumps."""
        if not self._waiting:
            self._due_s = sample.ended_s + TOGETHER_S
        self._waiting.append(
            f'{{{series}, "scheduled_s": {sample.scheduled_s!r}, '
            f'"started_s": {sample.started_s!r}, '
            f'"ended_s": {sample.ended_s!r}, "outcome": "{sample.outcome}", '
            f'"status": {sample.status}, "error": "{sample.error}", '
            f'"master": {_encoded(sample.master)}, '
            f'"client_port": {sample.client_port}}}\n'
        )
        if sample.ended_s >= self._due_s:
            self.flush()

    def flush(self) -> None:
        """Print what waits."""
        unwritten = "".join(self._waiting).encode()
        self._waiting.clear()
        while unwritten:
            unwritten = unwritten[os.write(self._descriptor, unwritten) :]


_OUTPUT = Output(1)
say = _OUTPUT.say
say_sample = _OUTPUT.say_sample
flush = _OUTPUT.flush
