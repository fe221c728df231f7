"""Metrics of a series of requests or states, over all workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reports.analysis.metrics import METRICS
from reports.analysis.outages import degraded, outages
from reports.analysis.series_names import series_text
from reports.analysis.windows import window_of
from reports.bracket import Bracket, Figure, unknown
from reports.history.schema import STATES
from reports.locale.message import message

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from reports.analysis.evidence import Evidence
    from reports.analysis.windows import Window
    from reports.history.schema import Expectation
    from reports.history.trial import TrialHistory
    from reports.locale.message import Message

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
    key = "observations-in-window" if probe in STATES else "requests-in-window"
    name = series_text(str(probe), str(connection))
    about = message(key, series=name, window=window.text, count=len(part))
    return Figure(measure(series, window), about)


def _bad_baseline(trial: TrialHistory, series: pd.DataFrame) -> Message | None:
    before = series["ended_s"] < (trial.begin_s or 0.0)
    baseline = series[before & (series["scheduled_s"] >= trial.baseline_s)]
    good = len(baseline) and baseline["good"].all()
    return None if good else message("bad-baseline")


def _lack(part: pd.DataFrame, probe: str | None) -> Message | None:
    """Return what there is too little of to judge; None if there is enough."""
    if len(part) < MINIMUM_SAMPLES:
        return message("too-few-samples", count=len(part), needed=MINIMUM_SAMPLES)
    if probe in STATES and (unanswered := int((part["outcome"] == "unknown").sum())):
        return message("observations-unanswered", unanswered=unanswered, count=len(part))
    return None


def longest_outage_s(series: pd.DataFrame, window: Window) -> Bracket:
    """Return the bracket of the longest outage.

    Over several workers: the true values lie in their brackets, so the largest of them lies
    between the largest lower and the largest upper end.
    """
    inside = window.outages(outages(series, -np.inf))
    if inside.empty:
        return Bracket.exact(0.0)
    return Bracket(float(inside["lower_s"].max()), float(inside["upper_s"].max()))


def degraded_s(series: pd.DataFrame, window: Window) -> Bracket:
    """Return the time from the first to the last bad request, of the worst worker."""
    windows = degraded(window.of(series), -np.inf)
    return Bracket.exact(0.0 if windows.empty else (windows["end_s"] - windows["start_s"]).max())


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
