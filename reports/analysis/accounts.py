"""What each injection of a trial is held to account for: its outages, one row a series."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reports.analysis.attribution import BELONGS, attribution, effects_of
from reports.analysis.outages import degraded_of, longest_gaps_of, outages_of
from reports.analysis.series import arrays
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
    """What was found in one trial: parts of tables, each columns of arrays."""

    outages: dict[str, Any]
    degraded: list[dict[str, Any]]
    rows: list[dict[str, Any]]


def measure(trial: TrialHistory) -> MeasuredTrial | None:
    """Find in a trial what came after its first injection, and account for it by injection.

    `trial.samples` are marked. None where nothing was begun or measured.
    """
    effects = effects_of(trial)
    if not effects or trial.samples.empty:
        return None
    of, index = arrays(trial.samples), trial.record.index
    found = outages_of(of, trial.begin_s or 0.0)
    masks, joined = attribution(effects, found)
    degraded, rows = [], []
    for one, mask in zip(effects, masks, strict=True):
        window = degraded_of(of, one.begin_s, one.until_s)
        belongs = np.array([[text] for text in one.belongs], dtype=object)
        degraded.append(_about(window, index, belongs.repeat(len(window["series"]), axis=1)))
        mine = {name: values[mask] for name, values in found.items()}
        rows.append(_rows(trial, of, one, mine, window))
    return MeasuredTrial(_about(found, index, joined), degraded, rows)


def _about(found: dict[str, Any], index: int, joined: Texts) -> dict[str, Any]:
    """Say beside everything that was found in which trial it was, and to what it belongs."""
    trial = np.full(len(found["series"]), index)
    return {**found, "trial": trial, **dict(zip(BELONGS, joined, strict=True))}


def _rows(
    trial: TrialHistory,
    of: SeriesArrays,
    effect: Effect,
    found: dict[str, Any],
    window: dict[str, Any],
) -> dict[str, Any]:
    """Return one row (TRIAL_COLUMNS) a series, as arrays, of what one injection is held to.

    Columns that end in _s are seconds; those that name a moment count from the beginning of the
    injection, all_good_after_heal_s from that of its heal.
    """
    begin_s, heal_s = effect.begin_s, effect.heal_begin_s
    end_s = trial.end_s or float(of.ended_s.max())
    before = of.ended_s < (trial.begin_s or 0.0)
    late = (of.ended_s >= begin_s) & (of.started_s < effect.until_s)
    elected_s = [one.t_s for one in trial.all_of(Leader) if begin_s < one.t_s < effect.until_s]
    moments = _moments(of, late, begin_s)
    total, good = of.count(late), of.count(late & of.good)
    held = late & (of.started_s < (end_s if math.isnan(heal_s) else heal_s))
    after_heal_s = moments.all_good_s + (begin_s - heal_s)
    length_s, good_share = _window(of, window)
    rows: dict[str, Any] = {
        "trial": trial.record.index,
        "experiment": trial.experiment.id,
        "injection": effect.id,
        "fault": effect.fault,
        "target": effect.target,
        "hit": effect.hit,
        **of.names,
        "baseline_bad": of.count(before & ~of.good & (of.scheduled_s >= trial.baseline_s)),
        "total": total,
        "bad": total - good,
        "availability": _share(good, total),
        "outage_lower_s": _largest(of, found, "lower_s"),
        "outage_upper_s": _largest(of, found, "upper_s"),
        "longest_gap_s": longest_gaps_of(of, begin_s, end_s, effect.until_s),
        "degraded_s": length_s,
        "good_share": good_share,
        "hold_good_share": _share(of.count(held & of.good), of.count(held)),
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
    """When, in seconds after the injection, each series had what; NaN where it had it not."""

    first_bad_s: Seconds
    first_success_s: Seconds
    all_good_s: Seconds


def _moments(of: SeriesArrays, late: Flags, begin_s: float) -> _Moments:
    first, last = of.ends_of(late & ~of.good)
    starts_s = [np.where(one >= 0, of.started_s[one], np.nan) for one in (first, last)]
    sizes = of.end - of.begin
    answered_s = [
        # of the good ones begun after that moment
        of.least(of.ended_s, late & of.good & (of.started_s > np.repeat(moment_s, sizes)))
        for moment_s in starts_s
    ]
    return _Moments(starts_s[0] - begin_s, answered_s[0] - begin_s, answered_s[1] - begin_s)


def _share(part: Numbers, whole: Numbers) -> Seconds:
    share: Seconds = np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)
    return share


def _largest(of: SeriesArrays, found: dict[str, Any], end: str) -> Seconds:
    """Return the largest ends of the brackets of each series' outages; 0 where there is none."""
    largest = np.zeros(len(of.begin))
    np.maximum.at(largest, found["series"], found[end])
    return largest


def _window(of: SeriesArrays, window: dict[str, Any]) -> tuple[Seconds, Seconds]:
    """Return the length of each series' degraded window and the share of good ones inside."""
    length_s, good_share = np.zeros(len(of.begin)), np.ones(len(of.begin))
    length_s[window["series"]] = window["end_s"] - window["start_s"]
    good_share[window["series"]] = window["good_share"]
    return length_s, good_share
