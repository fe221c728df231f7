"""The recovery tables: one row a trial and series, then one row a fault, probe and connection."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from reports.analysis.outages import degraded_of, longest_gaps_of, outages_of
from reports.analysis.series import arrays, framed
from reports.analysis.statistics import median_interval, p95_upper_bound
from reports.analysis.turnbull import turnbull
from reports.history.schema import SERIES

if TYPE_CHECKING:
    from reports.analysis.series import Flags, Numbers, Seconds, SeriesArrays
    from reports.history.reader import TrialHistory

FAULT = ["experiment", "fault", "target"]
TRIAL_COLUMNS = [
    "trial",
    *FAULT,
    "hit",
    *SERIES,
    "baseline_bad",
    "total",
    "bad",
    "availability",
    "outage_lower_s",
    "outage_upper_s",
    "longest_gap_s",
    "degraded_s",
    "good_share",
    "hold_good_share",
    "first_error_s",
    "new_leader_s",
    "first_success_s",
    "all_good_s",
    "all_good_after_heal_s",
]
WORST = {
    "total": "sum",
    "bad": "sum",
    "availability": "min",
    "outage_lower_s": "max",
    "outage_upper_s": "max",
    "longest_gap_s": "max",
    "degraded_s": "max",
    "hold_good_share": "min",
    "first_error_s": "min",
    "new_leader_s": "first",
    "first_success_s": "min",
    "all_good_s": "max",
    "all_good_after_heal_s": "max",
}


def series_rows(trial: TrialHistory) -> pd.DataFrame:
    """Return one row (TRIAL_COLUMNS) a series; none when nothing was injected or measured.

    `trial.samples` are marked. Columns that end in _s are seconds; those that name a moment
    count from the beginning of the injection, all_good_after_heal_s from that of the heal.
    """
    begin_s = trial.begin_s
    if begin_s is None or trial.samples.empty:
        return pd.DataFrame()
    of = arrays(trial.samples)
    found, window = outages_of(of, begin_s), degraded_of(of, begin_s)
    return framed([rows_of(trial, of, found, window)], TRIAL_COLUMNS)


def rows_of(
    trial: TrialHistory, of: SeriesArrays, found: dict[str, Any], window: dict[str, Any]
) -> dict[str, Any]:
    """Return series_rows as arrays, from what outages_of and degraded_of found."""
    begin_s = trial.begin_s or 0.0
    end_s = trial.time_of("probing_end") or float(of.ended_s.max())
    heal_s = trial.time_of("heal_begin")
    late = of.ended_s >= begin_s
    leader_s = [one["t_s"] for one in trial.events if one["kind"] == "leader"]
    elected_s = [at_s for at_s in leader_s if at_s > begin_s]
    record = trial.record
    moments = _moments(of, late, begin_s)
    total, good = of.count(late), of.count(late & of.good)
    held = late & (of.started_s < (end_s if heal_s is None else heal_s))
    after_heal_s = moments.all_good_s + (begin_s - heal_s if heal_s else math.nan)
    length_s, good_share = _window(of, window)
    rows = {
        "trial": record.index,
        "experiment": record.experiment,
        "fault": record.fault,
        "target": record.target,
        "hit": record.hit,
        **of.names,
        "baseline_bad": of.count(~late & ~of.good & (of.scheduled_s >= trial.baseline_s)),
        "total": total,
        "bad": total - good,
        "availability": _share(good, total),
        "outage_lower_s": _largest(of, found, "lower_s"),
        "outage_upper_s": _largest(of, found, "upper_s"),
        "longest_gap_s": longest_gaps_of(of, begin_s, end_s),
        "degraded_s": length_s,
        "good_share": good_share,
        "hold_good_share": _share(of.count(held & of.good), of.count(held)),
        "first_error_s": moments.first_bad_s.clip(min=0.0),
        "new_leader_s": elected_s[0] - begin_s if elected_s else math.nan,
        "first_success_s": moments.first_success_s,
        "all_good_s": moments.all_good_s,
        "all_good_after_heal_s": after_heal_s.clip(min=0.0),
    }
    seen = total > 0
    return {name: np.broadcast_to(column, seen.shape)[seen] for name, column in rows.items()}


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


def worst_of_workers(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row a trial, probe and connection: the worst that any worker saw."""
    if rows.empty:
        return rows
    keys = ["trial", *FAULT, "hit", "probe", "connection"]
    worst = rows.groupby(keys, sort=False, as_index=False).agg(WORST)
    # a share belongs to its window: that of the longest one
    longest = rows.sort_values(["degraded_s", "good_share"], ascending=[False, True])
    return worst.merge(longest.drop_duplicates(keys)[[*keys, "good_share"]], on=keys)


def _summary(part: pd.DataFrame) -> dict[str, Any]:
    lower_s, upper_s = (part[f"outage_{end}_s"].to_numpy(np.float64) for end in ("lower", "upper"))
    median_s = turnbull(lower_s, upper_s).quantile(0.5)
    low = median_interval(part["outage_lower_s"])
    high = median_interval(part["outage_upper_s"])
    return {
        "n": len(part),
        "censored": int(np.isinf(upper_s).sum()),
        "outage_median_lower_s": median_s[0],
        "outage_median_upper_s": median_s[1],
        "outage_median_ci_low_s": low[0] if low else None,
        "outage_median_ci_high_s": high[1] if high else None,
        "outage_max_lower_s": part["outage_lower_s"].max(),
        "outage_max_upper_s": part["outage_upper_s"].max(),
        "outage_p95_bound_s": p95_upper_bound(part["outage_upper_s"]),
        "longest_gap_max_s": part["longest_gap_s"].max(),
        "degraded_median_s": part["degraded_s"].median(),
        "degraded_max_s": part["degraded_s"].max(),
        "good_share_median": part["good_share"].median(),
        "hold_good_share_median": part["hold_good_share"].median(),
        "availability_min": part["availability"].min(),
        **{
            f"{name}_median_s": part[f"{name}_s"].median()
            for name in (
                "first_error",
                "new_leader",
                "first_success",
                "all_good",
                "all_good_after_heal",
            )
        },
    }


def recovery_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row a fault, probe and connection over all its trials, the worst of all workers.

    The median outage is Turnbull's estimate, a bracket; it lies between the median of the lower
    ends and that of the upper ones. Its interval goes from the lower end of the former's to the
    upper end of the latter's, for the true value of each trial lies in its bracket.
    """
    worst = worst_of_workers(rows)
    if worst.empty:
        return worst
    groups = worst.groupby([*FAULT, "probe", "connection"], sort=False)
    table = [
        dict(zip([*FAULT, "probe", "connection"], key, strict=True)) | _summary(part)
        for key, part in groups
    ]
    return pd.DataFrame(table)
