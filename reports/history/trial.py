"""All that was observed in one trial."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from reports.history.events import (
    ActionBegin,
    BaselineAgain,
    BaselineBegin,
    Event,
    InjectBegin,
    ObserveBegin,
    ProbingEnd,
)
from reports.history.injections import injections_of
from reports.locale.message import joined

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from reports.history.final_state import FinalState
    from reports.history.injections import InjectionSpan
    from reports.history.schema import ExperimentRecord, TrialRecord
    from reports.locale.message import Message

EventType = TypeVar("EventType", bound=Event)


@dataclass(frozen=True)
class TrialHistory:
    """One trial: its samples, a row a probe, and its events. Times: seconds since its start.

    `operations` (reports.history.operations) and the `final_state` of their store: None where the
    experiment asks for none, they were not written, or not all of them can be read. `damage`: what
    could not be read.
    """

    record: TrialRecord
    experiment: ExperimentRecord
    samples: pd.DataFrame
    events: Sequence[Event]
    operations: pd.DataFrame | None = None
    final_state: FinalState | None = None
    damage: tuple[Message, ...] = ()

    def all_of(self, kind: type[EventType]) -> list[EventType]:
        """Return the events of a kind, in order."""
        return [event for event in self.events if isinstance(event, kind)]

    def first(self, kind: type[EventType]) -> EventType | None:
        """Return the first event of a kind."""
        return next((event for event in self.events if isinstance(event, kind)), None)

    @cached_property
    def injections(self) -> tuple[InjectionSpan, ...]:
        """What became of every injection, in the order in which they began."""
        return injections_of(self.events, [step.id for step in self.experiment.faults])

    @property
    def begin_s(self) -> float | None:
        """Since when it counts: the first injection; without faults the first thing done."""
        begun: Sequence[Event] = self.all_of(InjectBegin)
        if not begun and not self.experiment.faults:
            begun = [*self.all_of(ObserveBegin), *self.all_of(ActionBegin)]
        return min((event.t_s for event in begun), default=None)

    @property
    def baseline_s(self) -> float:
        """Since when the lab was steady; a baseline that was bad is begun again."""
        again = self.all_of(BaselineAgain)
        begin = again[-1] if again else self.first(BaselineBegin)
        return 0.0 if begin is None else begin.t_s

    @property
    def end_s(self) -> float | None:
        """The last moment at which a probe could be scheduled."""
        end = self.first(ProbingEnd)
        return None if end is None else end.t_s

    @property
    def doubt(self) -> Message | None:
        """Why it proves nothing, by its own record or by what of it cannot be read; None else."""
        if self.record.doubt:
            return self.record.doubt.reason
        return joined(*self.damage) if self.damage else None
