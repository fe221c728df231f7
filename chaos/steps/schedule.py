"""What of a timeline is due when, given what has happened so far. Pure; monotonic seconds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reports.history.schema import StepRecord

Act = Literal["begin", "heal", "look"]
Moment = Literal["asked_s", "begun_s", "held_s", "heal_asked_s", "healed_s", "hidden_s", "ended_s"]


@dataclass(frozen=True)
class Progress:
    """What became of a step so far; None where a moment did not come yet.

    `asked_s`, `heal_asked_s`: somebody is at it. `begun_s`: its injection begins;
    `held_s`: the effect was confirmed, or nobody can see it: `for_s` counts from here; `healed_s`:
    it is undone; `hidden_s`: since when nobody can see that; `ended_s`: what comes after it may
    begin, for its heal is confirmed, its action is done, or it was not injected.
    """

    asked_s: float | None = None
    begun_s: float | None = None
    held_s: float | None = None
    heal_asked_s: float | None = None
    healed_s: float | None = None
    hidden_s: float | None = None
    ended_s: float | None = None


@dataclass(frozen=True)
class News:
    """A moment of a step has come."""

    step: str
    moment: Moment
    at_s: float


@dataclass(frozen=True)
class Due:
    """What is to be done with a step, and when."""

    at_s: float
    act: Act
    step: StepRecord


@dataclass(frozen=True)
class StepSchedule:
    """The steps of a timeline that was begun at `start_s`, and their progress."""

    steps: Sequence[StepRecord]
    start_s: float
    progress: Mapping[str, Progress]

    def with_news(self, news: Iterable[News]) -> StepSchedule:
        """Return the schedule after something has happened."""
        progress = dict(self.progress)
        for one in news:
            progress[one.step] = replace(progress[one.step], **{one.moment: one.at_s})
        return replace(self, progress=progress)

    def with_asked(self, due: Due, now_s: float) -> StepSchedule:
        """Return the schedule after somebody has begun with what was due."""
        mine = self.progress[due.step.id]
        changed = {
            "begin": replace(mine, asked_s=now_s),
            "heal": replace(mine, heal_asked_s=now_s),
            "look": replace(mine, hidden_s=None),
        }
        return replace(self, progress={**self.progress, due.step.id: changed[due.act]})

    @property
    def finished(self) -> bool:
        """Whether every step has ended."""
        return all(self.progress[step.id].ended_s is not None for step in self.steps)

    @property
    def zero_s(self) -> float:
        """What `at_s` counts from: the first injection; the beginning while there is none."""
        begun = (one.begun_s for one in self.progress.values())
        return min((at_s for at_s in begun if at_s is not None), default=self.start_s)

    def due(self) -> list[Due]:
        """Return all whose moment is known, the earliest first."""
        found = [due for step in self.steps if (due := self._due(step))]
        return sorted(found, key=lambda one: one.at_s)

    def _due(self, step: StepRecord) -> Due | None:
        mine = self.progress[step.id]
        if mine.asked_s is None:
            since_s = self.progress[step.after].ended_s if step.after else self.zero_s
            return None if since_s is None else Due(since_s + step.at_s, "begin", step)
        if mine.hidden_s is not None:
            # what hides it may go with the last heal of those that run; none may be left to come
            return None if self._any_in() else Due(mine.hidden_s, "look", step)
        if step.for_s is not None and mine.held_s is not None and mine.heal_asked_s is None:
            return Due(mine.held_s + step.for_s, "heal", step)
        return None

    def _any_in(self) -> bool:
        return any(
            one.begun_s is not None and one.healed_s is None and one.ended_s is None
            for one in self.progress.values()
        )


def planned(steps: Sequence[StepRecord], start_s: float) -> StepSchedule:
    """Return the schedule of a timeline of which nothing has happened yet."""
    return StepSchedule(steps, start_s, {step.id: Progress() for step in steps})
