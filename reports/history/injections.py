"""What became of each planned injection of a trial, read from its events. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

from reports.history.events import (
    EffectConfirmed,
    EffectMasked,
    HealBegin,
    HealConfirmed,
    InjectBegin,
    NotInjected,
    Recovered,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.history.events import Event, OfInjection

InjectionState = Literal["confirmed", "masked", "not-injected", "unconfirmed"]
EventType = TypeVar("EventType", bound="OfInjection")


@dataclass(frozen=True)
class InjectionSpan:
    """One injection, in seconds of the trial; NaN where a moment did not come.

    `hit`: NODE/COMPONENT or NODE each. It is in effect from `begin_s` to `recovered_s`, or to the
    end of the trial. `reason`: why it is not confirmed.
    """

    id: str
    fault: str
    hit: tuple[str, ...]
    nodes: tuple[str, ...]
    state: InjectionState
    begin_s: float
    confirmed_s: float
    heal_begin_s: float
    heal_confirmed_s: float
    recovered_s: float
    reason: str = ""

    @classmethod
    def missing(cls, name: str) -> InjectionSpan:
        """Return the span of what nobody began."""
        return _span(name, ())

    @property
    def begun(self) -> bool:
        """Whether anything was done at all."""
        return not math.isnan(self.begin_s)

    @property
    def nodes_hit(self) -> set[str]:
        """The nodes of what was hit."""
        return {target.partition("/")[0] for target in self.hit}

    @property
    def doubt(self) -> str:
        """Why what was measured while it was in proves nothing of it; "" when it does."""
        if self.state != "confirmed":
            return f"{self.id}: {self.reason}"
        if math.isnan(self.heal_begin_s):
            return f"{self.id} was not healed"
        if math.isnan(self.heal_confirmed_s):
            return f"that {self.id} was healed was not confirmed"
        return ""


def injections_of(events: Sequence[Event], planned: Sequence[str]) -> tuple[InjectionSpan, ...]:
    """Return one span a planned injection, and one each that was begun without a plan.

    An action that was to be done and was not has one, too. In the order in which they began; those
    that never did come last, as planned.
    """
    begun = [event.injection for event in events if isinstance(event, InjectBegin)]
    refused = [event.injection for event in events if isinstance(event, NotInjected)]
    names = dict.fromkeys([*begun, *planned, *refused])
    return tuple(_span(name, events) for name in names)


def _span(name: str, events: Sequence[Event]) -> InjectionSpan:
    def first(kind: type[EventType]) -> EventType | None:
        mine = (event for event in events if isinstance(event, kind))
        return next((event for event in mine if event.injection == name), None)

    def at_s(kind: type[EventType]) -> float:
        found = first(kind)
        return math.nan if found is None else found.t_s

    begin, confirmed, masked = first(InjectBegin), first(EffectConfirmed), first(EffectMasked)
    refused = first(NotInjected)
    state: InjectionState = "unconfirmed"
    reason = "its effect was not confirmed"
    if confirmed:
        state, reason = "confirmed", ""
    elif masked:
        state, reason = "masked", f"hidden by {', '.join(masked.by)}: {masked.evidence}"
    elif refused or not begin:
        state = "not-injected"
        reason = refused.reason if refused else "it was not begun"
    return InjectionSpan(
        id=name,
        fault=begin.fault if begin else "",
        hit=tuple(begin.hit) if begin else (),
        nodes=tuple(begin.nodes) if begin else (),
        state=state,
        begin_s=at_s(InjectBegin),
        confirmed_s=at_s(EffectConfirmed),
        heal_begin_s=at_s(HealBegin),
        heal_confirmed_s=at_s(HealConfirmed),
        recovered_s=at_s(Recovered),
        reason=reason,
    )
