"""The outages that each injection of a trial is held to account for, one row a series."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reports.analysis.attribution import BELONGS, attribution, effects_of
from reports.analysis.outages import degraded_of, longest_gaps_of, outages_of
from reports.analysis.series import arrays_of
from reports.history.events import Leader
from reports.history.schema import SERIES

if TYPE_CHECKING:
    from reports.analysis.attribution import Effect
    from reports.analysis.series import Flags, Numbers, Seconds, SeriesArrays, Texts
    from reports.history.trial import TrialHistory

FAULT = ("experiment", "injection", "fault", "target")
TRIAL_COLUMNS = (
    *("trial", *FAULT, "hit", *SERIES, "baseline_bad", "total", "bad", "availability"),
    *("outage_lower_s", "outage_upper_s", "longest_gap_s", "degraded_s", "good_share"),
    *("hold_good_share", "first_error_s", "new_leader_s", "first_success_s", "all_good_s"),
    "all_good_after_heal_s",
)


@dataclass(frozen=True)
class MeasuredTrial:
    """The outages and windows of a trial: parts of tables, each columns of arrays."""

    outages: dict[str, Any]
    degraded: list[dict[str, Any]]
    rows: list[dict[str, Any]]


def measure(trial: TrialHistory) -> MeasuredTrial | None:
    """Measure what came after a trial's first injection, and account for it by injection.

    `trial.samples` are marked. None where nothing was begun or measured.
    """
    effects = effects_of(trial)
    if not effects or trial.samples.empty:
        return None
    probes, index = arrays_of(trial.samples), trial.record.index
    outages = outages_of(probes, trial.begin_s or 0.0)
    masks, joined = attribution(effects, outages)
    degraded, rows = [], []
    for effect, mask in zip(effects, masks, strict=True):
        window = degraded_of(probes, effect.begin_s, effect.until_s)
        belongs = np.array([[text] for text in effect.belongs], dtype=object)
        degraded.append(_about(window, index, belongs.repeat(len(window["series"]), axis=1)))
        own = {name: values[mask] for name, values in outages.items()}
        rows.append(_rows(trial, probes, effect, own, window))
    return MeasuredTrial(_about(outages, index, joined), degraded, rows)


def _about(columns: dict[str, Any], index: int, joined: Texts) -> dict[str, Any]:
    """Add the columns of the trial, and of the injections that the rows belong to."""
    trial = np.full(len(columns["series"]), index)
    return {**columns, "trial": trial, **dict(zip(BELONGS, joined, strict=True))}


def _rows(
    trial: TrialHistory,
    probes: SeriesArrays,
    effect: Effect,
    outages: dict[str, Any],
    window: dict[str, Any],
) -> dict[str, Any]:
    """Return a row (TRIAL_COLUMNS) a series, as arrays, of what an injection is to account for.

    Columns that end in _s are seconds; those that name a moment count from the beginning of the
    injection, all_good_after_heal_s from that of its heal.
    """
    begin_s, heal_s = effect.begin_s, effect.heal_begin_s
    end_s = trial.end_s or float(probes.ended_s.max())
    before = probes.ended_s < (trial.begin_s or 0.0)
    late = (probes.ended_s >= begin_s) & (probes.started_s < effect.until_s)
    elected_s = [
        event.t_s for event in trial.all_of(Leader) if begin_s < event.t_s < effect.until_s
    ]
    moments = _moments(probes, late, begin_s)
    total, good = probes.count(late), probes.count(late & probes.good)
    held = late & (probes.started_s < (end_s if math.isnan(heal_s) else heal_s))
    after_heal_s = moments.all_good_s + (begin_s - heal_s)
    length_s, good_share = _window(probes, window)
    rows: dict[str, Any] = {
        "trial": trial.record.index,
        "experiment": trial.experiment.id,
        "injection": effect.id,
        "fault": effect.fault,
        "target": effect.target,
        "hit": effect.hit,
        **probes.names,
        "baseline_bad": probes.count(
            before & ~probes.good & (probes.scheduled_s >= trial.baseline_s)
        ),
        "total": total,
        "bad": total - good,
        "availability": _share(good, total),
        "outage_lower_s": _largest(probes, outages, "lower_s"),
        "outage_upper_s": _largest(probes, outages, "upper_s"),
        "longest_gap_s": longest_gaps_of(probes, begin_s, end_s, effect.until_s),
        "degraded_s": length_s,
        "good_share": good_share,
        "hold_good_share": _share(probes.count(held & probes.good), probes.count(held)),
        "first_error_s": moments.first_bad_s.clip(min=0.0),
        "new_leader_s": elected_s[0] - begin_s if elected_s else math.nan,
        "first_success_s": moments.first_success_s,
        "all_good_s": moments.all_good_s,
        "all_good_after_heal_s": after_heal_s.clip(min=0.0),
    }
    counted = total > 0
    return {name: np.broadcast_to(column, counted.shape)[counted] for name, column in rows.items()}


@dataclass(frozen=True)
class _Moments:
    """Moments of each series, in seconds after the injection; NaN where there was none."""

    first_bad_s: Seconds
    first_success_s: Seconds
    all_good_s: Seconds


def _moments(probes: SeriesArrays, late: Flags, begin_s: float) -> _Moments:
    first, last = probes.ends_of(late & ~probes.good)
    starts_s = [np.where(place >= 0, probes.started_s[place], np.nan) for place in (first, last)]
    sizes = probes.end - probes.begin
    answered_s = [
        # of the good ones begun after that moment
        probes.least(
            probes.ended_s, late & probes.good & (probes.started_s > np.repeat(moment_s, sizes))
        )
        for moment_s in starts_s
    ]
    return _Moments(starts_s[0] - begin_s, answered_s[0] - begin_s, answered_s[1] - begin_s)


def _share(part: Numbers, whole: Numbers) -> Seconds:
    share: Seconds = np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)
    return share


def _largest(probes: SeriesArrays, outages: dict[str, Any], end: str) -> Seconds:
    """Return the largest ends of the brackets of each series' outages; 0 where there is none."""
    largest = np.zeros(len(probes.begin))
    np.maximum.at(largest, outages["series"], outages[end])
    return largest


def _window(probes: SeriesArrays, window: dict[str, Any]) -> tuple[Seconds, Seconds]:
    """Return the length of each series' degraded window and the share of good ones inside."""
    length_s, good_share = np.zeros(len(probes.begin)), np.ones(len(probes.begin))
    length_s[window["series"]] = window["end_s"] - window["start_s"]
    good_share[window["series"]] = window["good_share"]
    return length_s, good_share
