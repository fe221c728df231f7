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
class StepMoments:
    """The moments of a step so far, monotonic seconds; None for those that did not come yet.

    `asked_s`, `heal_asked_s`: an act was started for it. `begun_s`: its injection begins;
    `held_s`: the effect was confirmed, or is masked: `for_s` counts from here; `healed_s`: it is
    undone; `hidden_s`: since when that is masked; `ended_s`: what comes after it may begin, for
    its heal is confirmed, its action is done, or it was not injected.
    """

    asked_s: float | None = None
    begun_s: float | None = None
    held_s: float | None = None
    heal_asked_s: float | None = None
    healed_s: float | None = None
    hidden_s: float | None = None
    ended_s: float | None = None


@dataclass(frozen=True)
class ReachedMoment:
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
    progress: Mapping[str, StepMoments]

    def with_moments(self, moments: Iterable[ReachedMoment]) -> StepSchedule:
        """Return the schedule after moments of its steps have come."""
        progress = dict(self.progress)
        for reached in moments:
            step = reached.step
            progress[step] = replace(progress[step], **{reached.moment: reached.at_s})
        return replace(self, progress=progress)

    def with_asked(self, due: Due, now_s: float) -> StepSchedule:
        """Return the schedule after the act that was due has been started."""
        moments = self.progress[due.step.id]
        changed = {
            "begin": replace(moments, asked_s=now_s),
            "heal": replace(moments, heal_asked_s=now_s),
            "look": replace(moments, hidden_s=None),
        }
        return replace(self, progress={**self.progress, due.step.id: changed[due.act]})

    @property
    def finished(self) -> bool:
        """Whether every step has ended."""
        return all(self.progress[step.id].ended_s is not None for step in self.steps)

    @property
    def zero_s(self) -> float:
        """What `at_s` counts from: the first injection; the beginning while there is none."""
        begun = (moments.begun_s for moments in self.progress.values())
        return min((at_s for at_s in begun if at_s is not None), default=self.start_s)

    def due(self) -> list[Due]:
        """Return all acts whose moment is fixed already, the earliest first."""
        dues = [due for step in self.steps if (due := self._due(step))]
        return sorted(dues, key=lambda due: due.at_s)

    def _due(self, step: StepRecord) -> Due | None:
        moments = self.progress[step.id]
        if moments.asked_s is None:
            since_s = self.progress[step.after].ended_s if step.after else self.zero_s
            return None if since_s is None else Due(since_s + step.at_s, "begin", step)
        if moments.hidden_s is not None:
            # what hides it may go only with the last heal of those that run
            return None if self._any_in() else Due(moments.hidden_s, "look", step)
        if step.for_s is not None and moments.held_s is not None and moments.heal_asked_s is None:
            return Due(moments.held_s + step.for_s, "heal", step)
        return None

    def _any_in(self) -> bool:
        return any(
            moments.begun_s is not None and moments.healed_s is None and moments.ended_s is None
            for moments in self.progress.values()
        )


def new_schedule(steps: Sequence[StepRecord], start_s: float) -> StepSchedule:
    """Return the schedule of a timeline of which nothing has happened yet."""
    return StepSchedule(steps, start_s, {step.id: StepMoments() for step in steps})
