"""A timeline with its defaults filled in, and what is certain about its order before it runs. Pure.

The time that a confirmation or a recovery takes is not known before. So a step that follows the
heal of another begins at an unknown time, and only steps that count from the same moment can be
compared.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from reports.history.schema import StepRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos.experiment.schema import StepSpec


def planned_steps(steps: Sequence[StepSpec]) -> list[StepRecord]:
    """Give every step a name and a beginning. Names that the user gives twice are kept."""
    planned: list[StepRecord] = []
    times: Counter[str] = Counter()
    user_names = {step.id for step in steps}
    for step in steps:
        kind = step.fault or step.action or ""
        name = step.id
        while not name or (not step.id and name in user_names):
            times[kind] += 1
            name = f"{kind}-{times[kind]}" if times[kind] > 1 else kind
        follows = step.after
        if follows is None and step.at_s is None and planned:
            follows = planned[-1].id
        fields = step.model_dump() | {"id": name, "at_s": step.at_s or 0.0, "after": follows}
        planned.append(StepRecord(**fields))
    return planned


def order_problems(steps: Sequence[StepRecord]) -> list[str]:
    """Return the problems of steps' names and of their `after`."""
    named = {step.id: step for step in steps}
    counts = Counter(step.id for step in steps)
    problems = [f"the step {name} is there {n} times" for name, n in counts.items() if n > 1]
    for step in steps:
        passed = [step.id]
        while (before := named[passed[-1]].after) is not None:
            if before not in named:
                if len(passed) == 1:
                    problems.append(f"step {step.id}: after: there is no step {before}")
                break
            if before in passed:
                if before == step.id:
                    problems.append(f"step {step.id}: after: {' -> '.join([*passed, before])}")
                break
            passed.append(before)
    return problems


class StepOrder:
    """Which step of a timeline certainly begins before which. `order_problems` must be empty."""

    def __init__(self, steps: Sequence[StepRecord]) -> None:
        self._steps = {step.id: step for step in steps}
        self._places = {name: place for place, name in enumerate(self._steps)}
        self._earliest_s: dict[str, float] = {}

    def begins_before(self, first: StepRecord, second: StepRecord) -> bool:
        """Whether the first step certainly begins before the second."""
        while first.after != second.after:
            if first.after is None and first.at_s <= self._earliest_begin_s(second):
                return True
            if second.after is None:
                return False
            second = self._steps[second.after]
            if second is first:
                return True
        return (first.at_s, self._places[first.id]) < (second.at_s, self._places[second.id])

    def _earliest_begin_s(self, step: StepRecord) -> float:
        if step.id not in self._earliest_s:
            begin_s = step.at_s
            if step.after is not None:
                previous = self._steps[step.after]
                begin_s += self._earliest_begin_s(previous) + (previous.for_s or 0.0)
            self._earliest_s[step.id] = begin_s
        return self._earliest_s[step.id]


def overlap(first: StepRecord, second: StepRecord) -> bool:
    """Whether two faults are certainly in effect at the same time, each for `for_s` at least."""
    return (
        first.after == second.after
        and first.at_s < second.at_s + (second.for_s or 0.0)
        and second.at_s < first.at_s + (first.for_s or 0.0)
    )
