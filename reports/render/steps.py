"""What was done in a trial: one row a step of its timeline."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.history.events import ActionBegin, ActionEnd

if TYPE_CHECKING:
    from reports.history.injections import InjectionSpan
    from reports.history.schema import StepRecord
    from reports.history.trial import TrialHistory


@dataclass(frozen=True)
class StepRow:
    """One step: what was planned, and what became of it.

    `moments_s`: begun, confirmed, to be healed, in effect no longer; in seconds after the first
    injection, NaN for what did not come. `state`: the name of a word, "" for what has no undo;
    `reason`: why it is not confirmed.
    """

    id: str
    what: str
    hit: str
    hold_s: float | None
    moments_s: tuple[float, ...]
    state: str
    reason: str


def step_rows(trial: TrialHistory) -> list[StepRow]:
    """Return the steps as planned, and what became of each."""
    spans = {span.id: span for span in trial.injections}
    return [
        _injected(step, spans[step.id], trial) if step.id in spans else _done(step, trial)
        for step in trial.experiment.steps
    ]


def _injected(step: StepRecord, span: InjectionSpan, trial: TrialHistory) -> StepRow:
    """Say what became of a fault, or of an action that took a member away."""
    times_s = (span.begin_s, span.confirmed_s, span.heal_begin_s, span.recovered_s)
    moments_s = tuple(at_s - (trial.begin_s or 0.0) for at_s in times_s)
    hit = ", ".join(span.hit)
    return StepRow(step.id, step.full_text, hit, step.for_s, moments_s, span.state, span.reason)


def _done(step: StepRecord, trial: TrialHistory) -> StepRow:
    begun = [event for event in trial.all_of(ActionBegin) if event.step == step.id]
    hit = ", ".join(name for event in begun for name in event.hit)
    ended = [event for event in trial.all_of(ActionEnd) if event.step == step.id]
    begin_s, end_s = (
        some[0].t_s - (trial.begin_s or 0.0) if some else math.nan for some in (begun, ended)
    )
    moments_s = (begin_s, math.nan, math.nan, end_s)
    return StepRow(step.id, step.full_text, hit, None, moments_s, "", "")
