"""Metrics of a series of requests or states, over all workers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from reports.analysis.metrics import METRICS
from reports.analysis.outages import degraded, outages
from reports.analysis.windows import window_of
from reports.bracket import Bracket, Figure, unknown
from reports.history.schema import STATES
from reports.history.series_names import series_text
from reports.locale.message import joined, message

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from reports.analysis.evidence import Evidence
    from reports.analysis.windows import Window
    from reports.history.schema import Expectation, ExperimentRecord
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
    doubt = evidence.lack_of(window)
    if not doubt and metric.enough_in:
        planned = _planned_workers(trial.experiment, expectation)
        doubt = _bad_baseline(trial, series) or next(
            filter(None, (_lack(samples, probe, planned) for samples in (part, anywhere))), None
        )
    if doubt:
        return unknown(doubt)
    key = "observations-in-window" if probe in STATES else "requests-in-window"
    name = series_text(str(probe), str(connection))
    about = message(key, series=name, window=window.text, count=len(part))
    bracket, not_recovered = measure(series, window), evidence.doubt_of(window)
    if not_recovered and window.is_open:
        return Figure(_not_over(expectation.metric, bracket), joined(about, not_recovered))
    return Figure(bracket, about)


def _planned_workers(experiment: ExperimentRecord, expectation: Expectation) -> set[str]:
    kind = expectation.probe, expectation.connection
    return {
        worker
        for series in experiment.series
        if (series.probe, series.connection) == kind
        for worker in series.workers
    }


def _not_over(metric: str, bracket: Bracket) -> Bracket:
    """Return what a longer observation might have shown: nothing better."""
    if metric == "good_share":
        return Bracket(0.0, bracket.upper)
    return Bracket(bracket.lower, math.inf)


def _bad_baseline(trial: TrialHistory, series: pd.DataFrame) -> Message | None:
    before = series["ended_s"] < (trial.begin_s or 0.0)
    baseline = series[before & (series["scheduled_s"] >= trial.baseline_s)]
    good = len(baseline) and baseline["good"].all()
    return None if good else message("bad-baseline")


def _lack(part: pd.DataFrame, probe: str | None, workers: set[str]) -> Message | None:
    """Return what there is too little of to judge; None if there is enough.

    `workers`: who must have been observed; any may be the worst.
    """
    if len(part) < MINIMUM_SAMPLES:
        return message("too-few-samples", count=len(part), needed=MINIMUM_SAMPLES)
    if missing := sorted(workers - set(part["worker"].unique())):
        return message("worker-without-sample", worker=missing[0])
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
    """Return the time from the first to the last bad request, of the worst worker.

    It has no end where the last request of all was bad.
    """
    windows = degraded(window.of(series), -np.inf)
    if windows.empty:
        return Bracket.exact(0.0)
    length_s = windows["end_s"] - windows["start_s"]
    observed_s = series.groupby("worker", observed=True)["started_s"].max()
    endless = windows["end_s"].to_numpy() == observed_s[windows["worker"]].to_numpy()
    return Bracket(float(length_s.max()), float(length_s.mask(endless, np.inf).max()))


def good_share(series: pd.DataFrame, window: Window) -> Bracket:
    """Return the share of good requests, of the worst worker."""
    part = window.of(series)
    return Bracket.exact(part.groupby("worker", observed=True)["good"].mean().min())


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
