"""The recovery tables: one row a trial and series, then one row a fault, probe and connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from reports.analysis.outages import degraded, longest_gaps, outages
from reports.analysis.statistics import median_interval, p95_upper_bound
from reports.history.schema import SERIES

if TYPE_CHECKING:
    from reports.history.reader import TrialHistory

FAULT = ["experiment", "fault", "target"]
TRIAL_COLUMNS = [
    "trial",
    *FAULT,
    "hit",
    *SERIES,
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


def _first_after(late: pd.DataFrame, moment_s: pd.Series[float]) -> pd.Series[float]:
    """Return, by series, when the first good probe begun after a moment was answered."""
    joined = late[late["good"]].join(moment_s.rename("moment_s"), on=SERIES)
    return joined[joined["started_s"] > joined["moment_s"]].groupby(SERIES)["ended_s"].min()


def series_rows(trial: TrialHistory) -> pd.DataFrame:
    """Return one row (TRIAL_COLUMNS) a series; none when nothing was injected or measured.

    `trial.samples` are marked. Columns that end in _s are seconds; those that name a moment
    count from the beginning of the injection, all_good_after_heal_s from that of the heal.
    """
    begin_s, samples = trial.begin_s, trial.samples
    if begin_s is None or samples.empty:
        return pd.DataFrame()
    end_s = trial.time_of("probing_end") or float(samples["ended_s"].max())
    late = samples[samples["ended_s"] >= begin_s]
    bad_start_s = late[~late["good"]].groupby(SERIES)["started_s"]
    found = outages(samples, begin_s).groupby(SERIES)
    windows = degraded(samples, begin_s).set_index(SERIES)
    leader_s = [one["t_s"] for one in trial.events if one["kind"] == "leader"]
    elected_s = [at_s for at_s in leader_s if at_s > begin_s]

    rows = late.groupby(SERIES).agg(total=("good", "size"), availability=("good", "mean"))
    rows["bad"] = rows["total"] - late.groupby(SERIES)["good"].sum()
    rows["outage_lower_s"] = found["lower_s"].max()
    rows["outage_upper_s"] = found["upper_s"].max()
    rows["degraded_s"] = windows["end_s"] - windows["start_s"]
    rows["good_share"] = windows["good_share"]
    rows = rows.fillna(
        {"outage_lower_s": 0.0, "outage_upper_s": 0.0, "degraded_s": 0.0, "good_share": 1.0}
    )
    rows["longest_gap_s"] = longest_gaps(samples, begin_s, end_s)
    rows["first_error_s"] = (bad_start_s.min() - begin_s).clip(lower=0.0)
    rows["new_leader_s"] = elected_s[0] - begin_s if elected_s else float("nan")
    rows["first_success_s"] = _first_after(late, bad_start_s.min()) - begin_s
    all_good_s = _first_after(late, bad_start_s.max())
    rows["all_good_s"] = all_good_s - begin_s
    heal_s = trial.time_of("heal_begin")
    held = late[late["started_s"] < (end_s if heal_s is None else heal_s)]
    rows["hold_good_share"] = held.groupby(SERIES)["good"].mean()
    rows["all_good_after_heal_s"] = (all_good_s - heal_s).clip(lower=0.0) if heal_s else None
    record = trial.record
    about: dict[str, int | str] = {
        "trial": record.index,
        "experiment": record.experiment,
        "fault": record.fault,
        "target": record.target,
        "hit": record.hit,
    }
    return rows.reset_index().assign(**about)[TRIAL_COLUMNS]


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
    low = median_interval(part["outage_lower_s"])
    high = median_interval(part["outage_upper_s"])
    return {
        "n": len(part),
        "outage_median_lower_s": part["outage_lower_s"].median(),
        "outage_median_upper_s": part["outage_upper_s"].median(),
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

    The median of the lowers and the median of the uppers bracket the true median, for the true
    value of each trial lies in its bracket; so do the ends of their intervals.
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
