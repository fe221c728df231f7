"""The recovery tables: a row a trial, injection and series, then a row an injection and kind."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from reports.analysis.accounts import FAULT, TRIAL_COLUMNS, measure
from reports.analysis.attribution import BELONGS
from reports.analysis.outages import DEGRADED_COLUMNS, OUTAGE_COLUMNS, mark_good
from reports.analysis.series import framed
from reports.analysis.statistics import median_interval, p95_upper_bound
from reports.analysis.turnbull import turnbull

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.history.schema import SuiteRecord
    from reports.history.trial import TrialHistory

MOMENTS = ("first_error", "new_leader", "first_success", "all_good", "all_good_after_heal")
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


def recovery_of(record: SuiteRecord, histories: Sequence[TrialHistory]) -> dict[str, pd.DataFrame]:
    """Compute the tables of outages and recovery alone, of trials that are not marked yet."""
    marked = (
        replace(history, samples=mark_good(history.samples, record.deadline_s))
        for history in histories
    )
    return recovery_tables(record, list(marked))


def recovery_tables(record: SuiteRecord, trials: Sequence[TrialHistory]) -> dict[str, pd.DataFrame]:
    """Return outages, degraded, trials, worst and recovery of trials whose samples are marked."""
    measured = [trial for trial in map(measure, trials) if trial]
    rows = framed([part for trial in measured for part in trial.rows], TRIAL_COLUMNS)
    worst = worst_of_workers(rows)
    about = ["trial", *BELONGS]
    degraded = [part for trial in measured for part in trial.degraded]
    outages = framed([trial.outages for trial in measured], [*about, *OUTAGE_COLUMNS])
    return {
        "outages": outages.assign(deadline_s=record.deadline_s),
        "degraded": framed(degraded, [*about, *DEGRADED_COLUMNS]),
        "trials": rows,
        "worst": worst,
        "recovery": recovery_table(worst),
    }


def worst_of_workers(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row a trial, injection, probe and connection: the worst of all workers."""
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
        **{f"{name}_median_s": part[f"{name}_s"].median() for name in MOMENTS},
    }


def recovery_table(worst: pd.DataFrame) -> pd.DataFrame:
    """Return one row an injection, probe and connection over all trials, from the worst workers.

    The median outage is Turnbull's estimate, a bracket; it lies between the median of the lower
    ends and that of the upper ones. Its interval goes from the lower end of the former's to the
    upper end of the latter's, for the true value of each trial lies in its bracket.
    """
    if worst.empty:
        return worst
    groups = worst.groupby([*FAULT, "probe", "connection"], sort=False)
    table = [
        dict(zip([*FAULT, "probe", "connection"], key, strict=True)) | _summary(part)
        for key, part in groups
    ]
    return pd.DataFrame(table)
