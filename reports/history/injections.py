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
from reports.locale.message import message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.history.events import Event, OfInjection
    from reports.locale.message import Message

InjectionState = Literal["confirmed", "masked", "not-injected", "unconfirmed"]
EventType = TypeVar("EventType", bound="OfInjection")


@dataclass(frozen=True)
class InjectionSpan:
    """One injection, in seconds of the trial; NaN where a moment did not come.

    `hit`: NODE/COMPONENT or NODE each. It is in effect from `begin_s` to `recovered_s`, or to the
    end of the trial. `reason`: why it is not confirmed, None where it is.
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
    reason: Message | None = None

    @classmethod
    def missing(cls, name: str) -> InjectionSpan:
        """Return the span of an injection that never began."""
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
    def not_measured(self) -> Message | None:
        """Why what was measured while it was in proves nothing of it; None when it does."""
        return message("labelled", name=self.id, text=self.reason) if self.reason else None

    @property
    def not_recovered(self) -> Message | None:
        """Why nothing proves that it is over; None when its undo was observed."""
        if math.isnan(self.heal_begin_s):
            return message("not-healed", injection=self.id)
        if math.isnan(self.heal_confirmed_s):
            return message("heal-not-confirmed", injection=self.id)
        return None

    @property
    def doubt(self) -> Message | None:
        """Why it does not prove all that it was to; None when it does."""
        return self.not_measured or self.not_recovered


def injections_of(events: Sequence[Event], planned: Sequence[str]) -> tuple[InjectionSpan, ...]:
    """Return one span a planned injection, and one each that was begun without a plan.

    So has an action that was planned and not done. In the order in which they began; those that
    never did come last, as planned.
    """
    begun = [event.injection for event in events if isinstance(event, InjectBegin)]
    refused = [event.injection for event in events if isinstance(event, NotInjected)]
    names = dict.fromkeys([*begun, *planned, *refused])
    return tuple(_span(name, events) for name in names)


def _span(name: str, events: Sequence[Event]) -> InjectionSpan:
    def first(kind: type[EventType]) -> EventType | None:
        of_kind = (event for event in events if isinstance(event, kind))
        return next((event for event in of_kind if event.injection == name), None)

    def at_s(kind: type[EventType]) -> float:
        event = first(kind)
        return math.nan if event is None else event.t_s

    begin, confirmed, masked = first(InjectBegin), first(EffectConfirmed), first(EffectMasked)
    refused = first(NotInjected)
    state: InjectionState = "unconfirmed"
    reason: Message | None = message("effect-not-confirmed")
    if confirmed and begin:
        state, reason = "confirmed", None
    elif masked and begin:
        state = "masked"
        reason = message("hidden-by", faults=", ".join(masked.by), evidence=masked.evidence)
    elif refused or not begin:
        state = "not-injected"
        reason = refused.reason if refused else message("not-begun")
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
