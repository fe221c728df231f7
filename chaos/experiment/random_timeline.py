"""Draws a timeline from a seed. Pure: the same seed gives the same timeline."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaos.experiment.keep_rule import kept_at_worst
from chaos.experiment.schema import StepSpec
from chaos.target_parser import parse

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from chaos.experiment.schema import RandomFault, RandomSpec, Range
    from chaos.targets import Selector
    from lab.plan import LabPlan

# How long a fault may take until its effect is confirmed; `for_s` counts from then.
CONFIRMATION_S = 5.0


@dataclass(frozen=True)
class _DrawnFault:
    """A fault that was drawn. `number`: its place among those of the spec.

    `until_s`: the latest moment at which its targets are not healthy.
    """

    number: int
    until_s: float


def draw(spec: RandomSpec, plan: LabPlan, chance: random.Random) -> list[StepSpec]:
    """Draw faults until the time is used up; `keep` holds whichever nodes the selectors choose.

    Faults may overlap: pauses are between their begins. A fault that is not allowed at a moment is
    not drawn then; where none is allowed, the next moment is when a node is healthy again. The last
    fault is healed at most `length_s` after the begin of the first. Every fault must be allowed
    alone (`why_never_drawn`).
    """
    selectors = [parse(fault.target, plan) for fault in spec.faults]

    @functools.cache  # the same faults are in effect at many moments
    def is_allowed(number: int, in_effect: tuple[int, ...]) -> bool:
        return _is_allowed(spec, plan, selectors[number], [selectors[drawn] for drawn in in_effect])

    steps: list[StepSpec] = []
    running: list[_DrawnFault] = []
    at_s = 0.0
    while any(at_s + fault.for_s.least <= spec.length_s for fault in spec.faults):
        running = [fault for fault in running if fault.until_s > at_s]
        in_effect = tuple(sorted(fault.number for fault in running))
        allowed = [
            (number, fault)
            for number, fault in enumerate(spec.faults)
            if at_s + fault.for_s.least <= spec.length_s and is_allowed(number, in_effect)
        ]
        if not allowed:
            # `running` is not empty, because each fault is allowed alone
            at_s = round(min(fault.until_s for fault in running) + 0.1, 1)
            continue
        weights = [fault.weight for _, fault in allowed]
        [(number, fault)] = chance.choices(allowed, weights)
        for_s = min(_drawn(fault.for_s, chance), round(spec.length_s - at_s, 3))
        steps.append(_step(fault, at_s, for_s))
        running.append(_DrawnFault(number, at_s + CONFIRMATION_S + for_s + fault.recovery_s))
        at_s = round(at_s + _drawn(spec.pause_s, chance), 1)
    return steps


def why_never_drawn(spec: RandomSpec, fault: RandomFault, plan: LabPlan) -> str:
    """Return why a fault can never be drawn, "" when it can. Raises InputError for its target."""
    if fault.for_s.least > spec.length_s:
        return f"it takes {fault.for_s.least:g} s, and length_s is {spec.length_s:g}"
    if not _is_allowed(spec, plan, parse(fault.target, plan), []):
        return f"{fault.target} alone may break keep: {spec.keep}"
    return ""


def _is_allowed(
    spec: RandomSpec, plan: LabPlan, selector: Selector, in_effect: Sequence[Selector]
) -> bool:
    """Whether `keep` holds, and enough nodes are free of the faults that are in effect."""
    possible = set(selector.possible(plan))
    taken = sum(
        min(drawn.size(plan), len(possible & set(drawn.possible(plan)))) for drawn in in_effect
    )
    # the leader is no follower
    leaders = 1 if selector.pick.startswith("follower") else 0
    room = len(possible) - leaders - taken >= selector.size(plan)
    return room and kept_at_worst(spec.keep, plan, [*in_effect, selector])


def _drawn(range_: Range, chance: random.Random) -> float:
    """Draw a time, in tenths of a second where the range has any."""
    drawn_s = chance.uniform(range_.least, range_.most)
    return min(max(round(drawn_s, 1), range_.least), range_.most)


def _step(fault: RandomFault, at_s: float, for_s: float) -> StepSpec:
    fields = fault.model_dump(include={"fault", "target"})
    return StepSpec.model_validate({**fields, **fault.parameters, "at_s": at_s, "for_s": for_s})
