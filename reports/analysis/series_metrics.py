"""Metrics of a series of requests or states, over all workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reports.analysis.metrics import METRICS
from reports.analysis.outages import degraded, outages
from reports.analysis.windows import window_of
from reports.bracket import Bracket, Figure, unknown
from reports.history.schema import STATES

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from reports.analysis.evidence import Evidence
    from reports.analysis.windows import Window
    from reports.history.schema import Expectation
    from reports.history.trial import TrialHistory

MINIMUM_SAMPLES = 20


def series_figure(evidence: Evidence, expectation: Expectation) -> Figure:
    """Measure what an expectation is about; unknown where the trial or window proves nothing."""
    metric, measure = METRICS[expectation.metric], SERIES[expectation.metric]
    trial, samples = evidence.trial, evidence.trial.samples
    window = window_of(trial, expectation)
    probe, connection = expectation.probe, expectation.connection
    series = samples[(samples["probe"] == probe) & (samples["connection"] == connection)]
    anywhere = window.of(series) if metric.enough_in == "window" else series
    part = window.of(series) if window.name else anywhere
    doubt = evidence.doubt or window.doubt
    if not doubt and metric.enough_in:
        doubt = _bad_baseline(trial, series) or _lack(part, probe) or _lack(anywhere, probe)
    if doubt:
        return unknown(doubt)
    noun = "observations" if probe in STATES else "requests"
    about = f"{probe} on {connection} connections {window.text}, {len(part)} {noun}"
    return Figure(measure(series, window), about)


def _bad_baseline(trial: TrialHistory, series: pd.DataFrame) -> str:
    before = series["ended_s"] < (trial.begin_s or 0.0)
    baseline = series[before & (series["scheduled_s"] >= trial.baseline_s)]
    return "" if len(baseline) and baseline["good"].all() else "the baseline was not good"


def _lack(part: pd.DataFrame, probe: str | None) -> str:
    """Say what there is too little of to judge; "" if there is enough."""
    if len(part) < MINIMUM_SAMPLES:
        return f"only {len(part)} samples; {MINIMUM_SAMPLES} are needed"
    if probe in STATES and (unanswered := int((part["outcome"] == "unknown").sum())):
        return f"no apiserver answered {unanswered} of {len(part)} observations"
    return ""


def longest_outage_s(series: pd.DataFrame, window: Window) -> Bracket:
    """Return the bracket of the longest outage.

    Over several workers: the true values lie in their brackets, so the largest of them lies
    between the largest lower and the largest upper end.
    """
    found = window.outages(outages(series, -np.inf))
    if found.empty:
        return Bracket.exact(0.0)
    return Bracket(float(found["lower_s"].max()), float(found["upper_s"].max()))


def degraded_s(series: pd.DataFrame, window: Window) -> Bracket:
    """Return the time from the first to the last bad request, of the worst worker."""
    found = degraded(window.of(series), -np.inf)
    return Bracket.exact(0.0 if found.empty else (found["end_s"] - found["start_s"]).max())


def good_share(series: pd.DataFrame, window: Window) -> Bracket:
    """Return the share of good requests."""
    return Bracket.exact(window.of(series)["good"].mean())


def answers(series: pd.DataFrame, window: Window) -> Bracket:
    """Return how many requests were good; of the whole trial, with its baseline."""
    part = series if window.span is None else window.of(series)
    return Bracket.exact(part["good"].sum())


# from marked samples of one probe and connection, of all workers, in a window
SERIES: dict[str, Callable[[pd.DataFrame, Window], Bracket]] = {
    "outage_s": longest_outage_s,
    "degraded_s": degraded_s,
    "good_share": good_share,
    "answers": answers,
}
