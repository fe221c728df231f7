"""Puts what was observed on the clock of a trial, and writes what belongs to it."""

from __future__ import annotations

import math
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from reports.history.events import GaveUp, InjectEnd

if TYPE_CHECKING:
    from collections.abc import Callable

    from reports.history.events import Event
    from reports.history.operations import Operation
    from reports.history.samples import Sample
    from reports.history.writer import TrialWriter


class TrialRecorder:
    """Takes absolute monotonic seconds, from any thread.

    The trial lasts from `begin` to `end`: an event or a probe that was due outside is left out.
    Probes that were due before its end are still answered after it. After `close` nothing is
    written but `GaveUp`, which then counts as of the end. None of these raises an OSError: `check`
    does.
    """

    def __init__(self, history: TrialWriter) -> None:
        self._history = history
        self._lock = threading.Lock()
        self._closed = False
        self._failure: OSError | None = None
        self.zero_s = math.inf
        self.end_s = math.inf

    def begin(self, zero_s: float) -> None:
        """Begin the trial."""
        self.zero_s = zero_s

    def end(self, end_s: float) -> None:
        """End it; answers to what is under way are still written."""
        self.end_s = end_s

    def close(self) -> None:
        """Write nothing that comes later."""
        with self._lock:
            self._closed = True

    def check(self) -> None:
        """Raise the OSError after which nothing could be written."""
        if self._failure is not None:
            raise self._failure

    def _write(self, write: Callable[[], None]) -> None:
        """Write, until a disk is full: most threads that observe have nobody to tell."""
        if self._failure is None:
            try:
                write()
            except OSError as error:
                self._failure = error

    def event(self, event: Event) -> None:
        """Write an event."""
        if isinstance(event, InjectEnd):
            nodes = {
                node: {name: at_s - self.zero_s for name, at_s in times.items()}
                for node, times in event.nodes.items()
            }
            event = replace(event, nodes=nodes)
        gave_up = isinstance(event, GaveUp)
        if gave_up:
            event = replace(event, t_s=min(event.t_s, self.end_s))
        with self._lock:
            if (gave_up or not self._closed) and self.zero_s <= event.t_s <= self.end_s:
                written = replace(event, t_s=event.t_s - self.zero_s)
                self._write(lambda: self._history.event(written))

    def sample(self, sample: Sample) -> None:
        """Write a sample, as soon as it is known."""
        with self._lock:
            if not self._closed and self.zero_s <= sample.scheduled_s < self.end_s:
                self._write(lambda: self._history.sample(sample.since(self.zero_s)))

    def operation(self, operation: Operation) -> None:
        """Write an operation."""
        invoke_s = operation.invoke_s - self.zero_s
        complete_s = operation.complete_s - self.zero_s
        written = replace(operation, invoke_s=invoke_s, complete_s=complete_s)
        with self._lock:
            if not self._closed:
                self._write(lambda: self._history.operation(written))
