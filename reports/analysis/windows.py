"""The parts of a trial that an expectation may be about: one definition of each, here.

The whole: from the first injection to the end. `during` a step: from its confirmed effect to the
beginning of its heal. `after_heal_of` a step: from the beginning of its heal to the next injection
or the end. An outage `during` a step may have begun before its injection, and counts whole; an
outage `after_heal_of` a step counts from the heal on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.history.injections import InjectionSpan
from reports.locale.message import message

if TYPE_CHECKING:
    import pandas as pd

    from reports.analysis.metrics import WindowName
    from reports.history.schema import Expectation
    from reports.history.trial import TrialHistory
    from reports.locale.message import Message

# An injection that nobody could observe, or that was not done: its own windows are unknown.
HIDDEN = ("masked", "not-injected")


@dataclass(frozen=True)
class Window:
    """A part of a trial, in seconds since its start.

    `name`: "" for the whole. `outages_since_s`: an outage belongs to it that ended after that and
    began before `until_s`. `not_measured`: why nothing in it proves anything, None when it may.
    `not_recovered`: why it ends before all was good again, None where nothing says so. `span`: the
    injection that it is about, None for the whole.
    """

    name: WindowName
    since_s: float
    until_s: float
    outages_since_s: float
    not_measured: Message | None
    not_recovered: Message | None = None
    span: InjectionSpan | None = None

    @property
    def is_open(self) -> bool:
        """Whether it goes to the end of the observation, and not to a moment of its own."""
        return math.isinf(self.until_s)

    @property
    def text(self) -> Message:
        """Which part it is, in words."""
        if self.span is None:
            return message("window-whole")
        key = "window-during" if self.name == "during" else "window-after-heal"
        return message(key, step=self.span.id)

    def of(self, samples: pd.DataFrame) -> pd.DataFrame:
        """Return the samples that belong to it: begun in it; of the whole, what ended in it."""
        if self.name == "":
            return samples[samples["ended_s"] >= self.since_s]
        return samples[samples["started_s"].between(self.since_s, self.until_s)]

    def outages(self, outages: pd.DataFrame) -> pd.DataFrame:
        """Return the outages, of all (outages.outages), that belong to it.

        After a heal an outage that began before it counts from the heal on.
        """
        ended = outages["ended_s"] >= self.outages_since_s
        inside = outages[ended & (outages["start_s"] < self.until_s)]
        if self.name != "after_heal_of":
            return inside
        before_s = (self.since_s - inside["start_s"]).clip(lower=0.0)
        ends_s = {end: (inside[end] - before_s).clip(lower=0.0) for end in ("lower_s", "upper_s")}
        return inside.assign(start_s=inside["start_s"] + before_s, **ends_s)


def window_of(trial: TrialHistory, expectation: Expectation) -> Window:
    """Return the part of a trial that an expectation is about."""
    if expectation.during is not None:
        return during(_span(trial, expectation.during))
    if expectation.after_heal_of is not None:
        return _after_heal_of(trial, _span(trial, expectation.after_heal_of))
    return whole(trial)


def whole(trial: TrialHistory) -> Window:
    """Return the whole trial. It is doubted when all injections were masked, not when some were.

    An action that was not done makes it doubted, too: what it was to change was not tested.
    """
    begin_s, spans = trial.begin_s or 0.0, trial.injections
    confirmed = any(span.state == "confirmed" for span in spans)
    actions = {step.id for step in trial.experiment.steps if step.action is not None}
    counted = [
        span for span in spans if not confirmed or span.state not in HIDDEN or span.id in actions
    ]
    not_measured = next(filter(None, (span.not_measured for span in counted)), None)
    not_recovered = next(filter(None, (span.not_recovered for span in counted)), None)
    return Window("", begin_s, math.inf, begin_s, not_measured, not_recovered)


def during(span: InjectionSpan) -> Window:
    """Return the part in which an injection was in; one that was not healed has none."""
    not_healed = span.not_recovered if math.isnan(span.heal_begin_s) else None
    return Window(
        name="during",
        since_s=span.confirmed_s,
        until_s=span.heal_begin_s,
        outages_since_s=span.begin_s,
        not_measured=span.not_measured or not_healed,
        span=span,
    )


def _after_heal_of(trial: TrialHistory, span: InjectionSpan) -> Window:
    later_s = [later.begin_s for later in trial.injections if later.begin_s > span.heal_begin_s]
    until_s = min(later_s, default=math.inf)
    not_healed = span.not_recovered if math.isnan(span.heal_begin_s) else None
    return Window(
        name="after_heal_of",
        since_s=span.heal_begin_s,
        until_s=until_s,
        outages_since_s=span.heal_begin_s,
        not_measured=span.not_measured or not_healed,
        not_recovered=span.not_recovered,
        span=span,
    )


def _span(trial: TrialHistory, step: str) -> InjectionSpan:
    """Return what became of a step; an action that breaks nothing has no moments."""
    spans = (span for span in trial.injections if span.id == step)
    return next(spans, InjectionSpan.missing(step))
