"""The prober's output: JSON lines.

Lines of probes are collected for a tenth of a second. Every write wakes two readers, an agent and a
thread of the harness, and that costs more than the line.
"""

from __future__ import annotations

import functools
import json
import os
from typing import Any, Dict, List, NamedTuple

COLLECT_S = 0.1
# Few names, repeated in every line.
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
    """Collects lines and writes them to a file descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._collected: List[str] = []
        self._due_s = 0.0

    def print_line(self, line: Dict[str, Any]) -> None:
        """Write a line at once, after the collected ones."""
        self._collected.append(json.dumps(line) + "\n")
        self.flush()

    def print_sample(self, series: str, sample: SampleLine) -> None:
        """Collect a probe's line; `series`: its first fields as JSON. Faster than json.dumps."""
        if not self._collected:
            self._due_s = sample.ended_s + COLLECT_S
        self._collected.append(
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
        """Write the collected lines."""
        unwritten = "".join(self._collected).encode()
        self._collected.clear()
        while unwritten:
            unwritten = unwritten[os.write(self._descriptor, unwritten) :]


_OUTPUT = Output(1)
print_line = _OUTPUT.print_line
print_sample = _OUTPUT.print_sample
flush = _OUTPUT.flush
