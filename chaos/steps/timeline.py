"""Runs a timeline: every act at its time, in a thread of its own, so that none waits for another.

However it ends, nothing is left in: on an interrupt or an error all is undone, newest first.
"""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING, Protocol

from chaos.steps.schedule import News, planned

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chaos.steps.schedule import Due, Moment
    from reports.history.schema import StepRecord

# Where nothing is known to be due; news end the wait.
IDLE_S = 3600.0


class Tell(Protocol):
    """Says that a moment of a step has come now, or at a monotonic time."""

    def __call__(self, step: str, moment: Moment, at_s: float | None = None) -> None:
        """Take it."""


class Acts(Protocol):
    """What can be done with a step. Each returns when it is done, and tells what has happened."""

    def begin(self, step: StepRecord, tell: Tell) -> None:
        """Do what the step is."""

    def heal(self, step: StepRecord, tell: Tell) -> None:
        """Undo it, and see it gone."""

    def look(self, step: StepRecord, tell: Tell) -> None:
        """Look once more whether it is gone."""

    def undo_all(self) -> None:
        """Undo all that is in, newest first. Raises nothing, and ends in a bounded time."""


class TimelineRun:
    """The steps of one trial."""

    def __init__(self, steps: Sequence[StepRecord], acts: Acts) -> None:
        self._steps = steps
        self._acts = acts
        self._news: queue.SimpleQueue[News | Exception] = queue.SimpleQueue()

    def run(self) -> None:
        """Run every step to its end. Raises what an act raised; nothing replaces an interrupt."""
        schedule = planned(self._steps, time.monotonic())
        try:
            while not schedule.finished:
                for due in (one for one in schedule.due() if one.at_s <= time.monotonic()):
                    schedule = schedule.with_asked(due, time.monotonic())
                    threading.Thread(target=self._act, args=(due,), daemon=True).start()
                schedule = schedule.with_news(self._wait(schedule.due()))
            while not self._news.empty():  # an act may have failed after all had ended
                self._wait([])
        except BaseException:
            self._acts.undo_all()
            raise

    def _wait(self, dues: list[Due]) -> list[News]:
        """Wait for news, until something is due."""
        until_s = dues[0].at_s if dues else time.monotonic() + IDLE_S
        try:
            found = self._news.get(timeout=max(0.0, until_s - time.monotonic()))
        except queue.Empty:
            return []
        if isinstance(found, Exception):
            raise found
        return [found]

    def _act(self, due: Due) -> None:
        acts: dict[str, Callable[[StepRecord, Tell], None]] = {
            "begin": self._acts.begin,
            "heal": self._acts.heal,
            "look": self._acts.look,
        }
        try:
            acts[due.act](due.step, self._tell)
        except Exception as error:  # noqa: BLE001 (it is raised where the timeline is run)
            self._news.put(error)

    def _tell(self, step: str, moment: Moment, at_s: float | None = None) -> None:
        self._news.put(News(step, moment, time.monotonic() if at_s is None else at_s))
