"""Runs a timeline: every act at its time, in a thread of its own, so that none waits for another.

No fault stays in, however it ends: on an interrupt or an error all are undone, newest first.
"""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING, Protocol

from chaos.steps.schedule import ReachedMoment, new_schedule
from lab.afterwards import if_it_fails

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chaos.steps.schedule import Due, Moment
    from reports.history.schema import StepRecord

# Between two checks; a moment that comes ends the wait.
CHECK_S = 1.0


class Notify(Protocol):
    """Takes a moment of a step that has come."""

    def __call__(self, step: str, moment: Moment, at_s: float | None = None) -> None:
        """It came at a monotonic time, or just now."""


class Acts(Protocol):
    """What can be done with a step. Each returns when it is done, and notifies of its moments."""

    def begin(self, step: StepRecord, notify: Notify) -> None:
        """Do what the step is."""

    def heal(self, step: StepRecord, notify: Notify) -> None:
        """Undo it, and see it gone."""

    def look(self, step: StepRecord, notify: Notify) -> None:
        """Observe once more whether it is gone."""

    def undo_all(self) -> None:
        """Undo all that is in, newest first. Raises nothing, and ends in a bounded time."""


class TimelineRun:
    """The steps of one trial. `check` is called every second, and raises what is to end it."""

    def __init__(
        self, steps: Sequence[StepRecord], acts: Acts, check: Callable[[], None] = lambda: None
    ) -> None:
        self._steps = steps
        self._acts = acts
        self._check = check
        self._reached: queue.SimpleQueue[ReachedMoment | Exception] = queue.SimpleQueue()

    def run(self) -> None:
        """Run every step to its end. Raises what an act raised; nothing replaces an interrupt."""
        schedule = new_schedule(self._steps, time.monotonic())
        with if_it_fails(self._acts.undo_all):
            while not schedule.finished:
                self._check()
                for due in (due for due in schedule.due() if due.at_s <= time.monotonic()):
                    schedule = schedule.with_asked(due, time.monotonic())
                    threading.Thread(target=self._act, args=(due,), daemon=True).start()
                schedule = schedule.with_moments(self._wait(schedule.due()))
            while not self._reached.empty():  # an act may have failed after all had ended
                self._wait([])

    def _wait(self, dues: list[Due]) -> list[ReachedMoment]:
        """Wait until a moment comes, or something is due."""
        wait_s = min(CHECK_S, dues[0].at_s - time.monotonic()) if dues else CHECK_S
        try:
            reached = self._reached.get(timeout=max(0.0, wait_s))
        except queue.Empty:
            return []
        if isinstance(reached, Exception):
            raise reached
        return [reached]

    def _act(self, due: Due) -> None:
        acts: dict[str, Callable[[StepRecord, Notify], None]] = {
            "begin": self._acts.begin,
            "heal": self._acts.heal,
            "look": self._acts.look,
        }
        try:
            acts[due.act](due.step, self._notify)
        except Exception as error:  # noqa: BLE001 (it is raised where the timeline is run)
            self._reached.put(error)

    def _notify(self, step: str, moment: Moment, at_s: float | None = None) -> None:
        self._reached.put(ReachedMoment(step, moment, time.monotonic() if at_s is None else at_s))
