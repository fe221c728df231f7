"""Which injections of a trial were in effect when, and to which of them an outage belongs."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from reports.history.events import ObserveBegin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.analysis.series import Flags, Texts
    from reports.history.injections import InjectionSpan
    from reports.history.trial import TrialHistory
    from reports.locale.message import Message

NOTHING = "none"
BELONGS = ("injection", "fault", "target")
INJECTION_COLUMNS = (
    *("trial", "experiment", "injection", "fault", "target", "hit", "state", "reason"),
    *("begin_s", "confirmed_s", "heal_begin_s", "heal_confirmed_s", "recovered_s"),
)


@dataclass(frozen=True)
class Effect:
    """The cause of what is observed from `begin_s` to `until_s`, in seconds of the trial.

    `until_s`: when it recovered; infinite if it did not, and for the last to recover, which is held
    to account to the end. `id`: of the injection; "" where none was begun, as when an endpoint is
    observed. NaN: a moment that did not come. `not_measured`, `not_recovered`: as of its span.
    """

    id: str
    fault: str
    target: str
    hit: str
    begin_s: float
    confirmed_s: float
    heal_begin_s: float
    until_s: float
    not_measured: Message | None = field(default=None, hash=False)
    not_recovered: Message | None = field(default=None, hash=False)

    @property
    def belongs(self) -> tuple[str, str, str]:
        """The columns BELONGS of whatever belongs to it."""
        return self.id, self.fault, self.hit


def effects_of(trial: TrialHistory) -> list[Effect]:
    """Return what was in effect in a trial; nothing where nothing was begun."""
    begun = [span for span in trial.injections if span.begun]
    if not begun:
        return _without_injection(trial)
    ends_s = [math.inf if math.isnan(span.recovered_s) else span.recovered_s for span in begun]
    return [
        Effect(
            span.id,
            *_named(trial, span),
            hit=", ".join(span.hit),
            begin_s=span.begin_s,
            confirmed_s=span.confirmed_s,
            heal_begin_s=span.heal_begin_s,
            until_s=math.inf if end_s == max(ends_s) else end_s,
            not_measured=span.not_measured,
            not_recovered=span.not_recovered,
        )
        for span, end_s in zip(begun, ends_s, strict=True)
    ]


def _without_injection(trial: TrialHistory) -> list[Effect]:
    begin_s, observed = trial.begin_s, trial.first(ObserveBegin)
    if begin_s is None:
        return []
    target = observed.target if observed else ""
    return [Effect("", NOTHING, target, target, begin_s, math.nan, math.nan, math.inf)]


def _named(trial: TrialHistory, span: InjectionSpan) -> tuple[str, str]:
    """Return what was done and the selector of its target, as planned; of an action its loss."""
    planned = {step.id: step for step in trial.experiment.steps}
    if span.id not in planned:
        return span.fault, ""
    step = planned[span.id]
    return (step.text if step.fault else span.fault or step.text), step.target


def attribution(effects: Sequence[Effect], outages: dict[str, Any]) -> tuple[list[Flags], Texts]:
    """Return to which effects outages (outages.outages_of) belong: a mask an effect, and BELONGS.

    An outage belongs to every injection that is held to account at its first bad request that
    counts. BELONGS of several injections are joined by "+", and are "" of none.
    """
    masks = [
        (outages["first_ended_s"] >= effect.begin_s) & (outages["first_started_s"] < effect.until_s)
        for effect in effects
    ]
    together, place = np.unique(np.array(masks).T, axis=0, return_inverse=True)
    named = np.array([effect.belongs for effect in effects], dtype=object)
    joined = np.array([["+".join(texts) for texts in named[row].T] for row in together], object)
    return masks, joined.reshape(-1, len(BELONGS))[place.ravel()].T


def injection_table(trials: Sequence[TrialHistory]) -> pd.DataFrame:
    """Return one row (INJECTION_COLUMNS) a planned or begun injection; NaN: it did not come.

    `reason`: why it was masked or not injected.
    """
    rows = [
        (
            *(trial.record.index, trial.experiment.id, span.id, *_named(trial, span)),
            *(", ".join(span.hit), span.state, span.reason or ""),
            *(span.begin_s, span.confirmed_s, span.heal_begin_s, span.heal_confirmed_s),
            span.recovered_s,
        )
        for trial in trials
        for span in trial.injections
    ]
    return pd.DataFrame(rows, columns=list(INJECTION_COLUMNS))
