"""The steps of a trial's timeline, a row each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.history.events import ActionBegin, ActionEnd

if TYPE_CHECKING:
    from reports.history.injections import InjectionSpan
    from reports.history.schema import StepRecord
    from reports.history.trial import TrialHistory
    from reports.locale.message import Message


@dataclass(frozen=True)
class StepRow:
    """A step, as planned and as it happened.

    `moments_s`: begun, confirmed, to be healed, in effect no longer; in seconds after the first
    injection, NaN for what did not happen. `state`: a key of the catalogue, "" for what has no
    undo; `reason`: why it is not confirmed.
    """

    id: str
    action: str
    hit: str
    hold_s: float | None
    moments_s: tuple[float, ...]
    state: str
    reason: Message | None


def step_rows(trial: TrialHistory) -> list[StepRow]:
    """Return the steps as planned and as they happened."""
    spans = {span.id: span for span in trial.injections}
    return [
        _injected(step, spans[step.id], trial) if step.id in spans else _done(step, trial)
        for step in trial.experiment.steps
    ]


def _injected(step: StepRecord, span: InjectionSpan, trial: TrialHistory) -> StepRow:
    """Return the row of a fault, or of an action that took a member away."""
    times_s = (span.begin_s, span.confirmed_s, span.heal_begin_s, span.recovered_s)
    moments_s = tuple(at_s - (trial.begin_s or 0.0) for at_s in times_s)
    hit = ", ".join(span.hit)
    return StepRow(step.id, step.full_text, hit, step.for_s, moments_s, span.state, span.reason)


def _done(step: StepRecord, trial: TrialHistory) -> StepRow:
    begun = [event for event in trial.all_of(ActionBegin) if event.step == step.id]
    hit = ", ".join(name for event in begun for name in event.hit)
    ended = [event for event in trial.all_of(ActionEnd) if event.step == step.id]
    begin_s, end_s = (
        events[0].t_s - (trial.begin_s or 0.0) if events else math.nan for events in (begun, ended)
    )
    moments_s = (begin_s, math.nan, math.nan, end_s)
    return StepRow(step.id, step.full_text, hit, None, moments_s, "", None)
