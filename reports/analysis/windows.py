"""The parts of a trial that an expectation may be about: one definition of each, here.

The whole: from the first injection to the end. `during` a step: from its confirmed effect to the
beginning of its heal. `after_heal_of` a step: from the beginning of its heal to the next injection
or the end. An outage `during` a step may have begun before its injection, and counts whole; one
`after_heal_of` a step counts from the heal on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.history.injections import InjectionSpan

if TYPE_CHECKING:
    import pandas as pd

    from reports.analysis.metrics import WindowName
    from reports.history.schema import Expectation
    from reports.history.trial import TrialHistory

# An injection that nobody could see, or that was not done: its own windows are unknown.
HIDDEN = ("masked", "not-injected")


@dataclass(frozen=True)
class Window:
    """A part of a trial, in seconds since its start.

    `name`: "" for the whole. `outages_since_s`: an outage belongs to it that ended after that and
    began before `until_s`. `doubt`: why nothing in it proves anything, "" when it may. `span`: the
    injection that it is about, None for the whole.
    """

    name: WindowName
    since_s: float
    until_s: float
    outages_since_s: float
    doubt: str
    span: InjectionSpan | None = None

    @property
    def text(self) -> str:
        """Say which part it is."""
        if self.span is None:
            return "from the first injection on"
        return f"{'during' if self.name == 'during' else 'after the heal of'} {self.span.id}"

    def of(self, samples: pd.DataFrame) -> pd.DataFrame:
        """Return the samples that belong to it: begun in it; of the whole, what ended in it."""
        if self.name == "":
            return samples[samples["ended_s"] >= self.since_s]
        return samples[samples["started_s"].between(self.since_s, self.until_s)]

    def outages(self, found: pd.DataFrame) -> pd.DataFrame:
        """Return those of all outages (outages.outages) that belong to it.

        After a heal an outage that it found there counts from the heal on.
        """
        ended = found["ended_s"] >= self.outages_since_s
        found = found[ended & (found["start_s"] < self.until_s)]
        if self.name != "after_heal_of":
            return found
        before_s = (self.since_s - found["start_s"]).clip(lower=0.0)
        ends_s = {end: (found[end] - before_s).clip(lower=0.0) for end in ("lower_s", "upper_s")}
        return found.assign(start_s=found["start_s"] + before_s, **ends_s)


def window_of(trial: TrialHistory, expectation: Expectation) -> Window:
    """Return the part of a trial that an expectation is about."""
    if expectation.during is not None:
        return during(_span(trial, expectation.during))
    if expectation.after_heal_of is not None:
        return _after_heal_of(trial, _span(trial, expectation.after_heal_of))
    return whole(trial)


def whole(trial: TrialHistory) -> Window:
    """Return the whole. One masked injection of several takes nothing from it; all of them do.

    An action that was not done does: what it was to change was never put to the test.
    """
    begin_s, spans = trial.begin_s or 0.0, trial.injections
    shown = any(span.state == "confirmed" for span in spans)
    actions = {step.id for step in trial.experiment.steps if step.action is not None}
    doubts = [
        span.doubt for span in spans if not shown or span.state not in HIDDEN or span.id in actions
    ]
    doubt = next(filter(None, doubts), "")
    return Window("", begin_s, math.inf, begin_s, doubt)


def during(span: InjectionSpan) -> Window:
    """Return the part in which an injection was in."""
    return Window("during", span.confirmed_s, span.heal_begin_s, span.begin_s, span.doubt, span)


def _after_heal_of(trial: TrialHistory, span: InjectionSpan) -> Window:
    later_s = [one.begin_s for one in trial.injections if one.begin_s > span.heal_begin_s]
    until_s = min(later_s, default=math.inf)
    return Window("after_heal_of", span.heal_begin_s, until_s, span.heal_begin_s, span.doubt, span)


def _span(trial: TrialHistory, step: str) -> InjectionSpan:
    """Return what became of a step; of an action that breaks nothing there is no more than that."""
    found = next((span for span in trial.injections if span.id == step), None)
    return found or InjectionSpan.missing(step)
