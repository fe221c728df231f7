"""A timeline that is drawn from a seed. Pure: the same seed gives the same timeline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaos.experiment.keep_rule import kept_at_worst, size
from chaos.experiment.schema import StepSpec
from chaos.targets import parse

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from chaos.experiment.schema import RandomFault, RandomSpec, Range
    from chaos.targets import Selector
    from lab.plan import LabPlan

# How long a fault may take until its effect is confirmed; it is held from there.
CONFIRMED_S = 5.0


@dataclass(frozen=True)
class _InEffect:
    """A fault that was drawn: until when what it hits is not healthy, at the latest."""

    selector: Selector
    until_s: float


def draw(spec: RandomSpec, plan: LabPlan, chance: random.Random) -> list[StepSpec]:
    """Draw faults until the time is used up: whatever their targets turn out to be, `keep` holds.

    Overlaps are wanted: pauses are between the begins. A fault that cannot be had at a moment is
    not drawn then; where none can, it is waited for until something is healthy again. The last one
    is healed `length_s` after the first one began. Every fault must be allowed alone (`never`).
    """
    selectors = [parse(fault.target, plan) for fault in spec.faults]
    steps: list[StepSpec] = []
    running: list[_InEffect] = []
    at_s = 0.0
    while any(at_s + fault.for_s.least <= spec.length_s for fault in spec.faults):
        running = [fault for fault in running if fault.until_s > at_s]
        fitting = [
            (fault, selector)
            for fault, selector in zip(spec.faults, selectors, strict=True)
            if at_s + fault.for_s.least <= spec.length_s and _may(spec, plan, selector, running)
        ]
        if not fitting:
            # never empty: each fault is allowed alone
            at_s = round(min(fault.until_s for fault in running) + 0.1, 1)
            continue
        weights = [fault.weight for fault, _ in fitting]
        [(fault, selector)] = chance.choices(fitting, weights)
        for_s = min(_drawn(fault.for_s, chance), round(spec.length_s - at_s, 3))
        steps.append(_step(fault, at_s, for_s))
        running.append(_InEffect(selector, at_s + CONFIRMED_S + for_s + fault.recovery_s))
        at_s = round(at_s + _drawn(spec.pause_s, chance), 1)
    return steps


def never(spec: RandomSpec, fault: RandomFault, plan: LabPlan) -> str:
    """Say why a fault can never be drawn; "" when it can. Raises InputError for its target."""
    if fault.for_s.least > spec.length_s:
        return f"it takes {fault.for_s.least:g} s, and length_s is {spec.length_s:g}"
    if not _may(spec, plan, parse(fault.target, plan), []):
        return f"{fault.target} alone may break keep: {spec.keep}"
    return ""


def _may(spec: RandomSpec, plan: LabPlan, selector: Selector, running: Sequence[_InEffect]) -> bool:
    """Whether it keeps what is to be kept, and finds enough nodes that nobody else has hit."""
    others = [fault.selector for fault in running]
    possible = set(selector.possible(plan))
    taken = sum(
        min(size(other, plan), len(possible & set(other.possible(plan)))) for other in others
    )
    # whoever leads is no follower
    leaders = 1 if selector.pick.startswith("follower") else 0
    room = len(possible) - leaders - taken >= size(selector, plan)
    return room and kept_at_worst(spec.keep, plan, [*others, selector])


def _drawn(range_: Range, chance: random.Random) -> float:
    """Draw a time, in tenths of a second where the range has any."""
    drawn = chance.uniform(range_.least, range_.most)
    return min(max(round(drawn, 1), range_.least), range_.most)


def _step(fault: RandomFault, at_s: float, for_s: float) -> StepSpec:
    named = fault.model_dump(include={"fault", "target"})
    return StepSpec.model_validate({**named, **fault.parameters, "at_s": at_s, "for_s": for_s})
