"""The recovery tables: a row a trial, injection and series, then a row an injection and kind."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from reports.analysis.accounts import BRACKETS, ENDS, FAULT, SHARES, TRIAL_COLUMNS, measure
from reports.analysis.attribution import BELONGS
from reports.analysis.evidence import evidence_of
from reports.analysis.outages import DEGRADED_COLUMNS, OUTAGE_COLUMNS, mark_good
from reports.analysis.series import framed
from reports.analysis.statistics import median_bracket, median_interval, p95_upper_bound

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reports.analysis.evidence import Evidence
    from reports.history.schema import SuiteRecord
    from reports.history.trial import TrialHistory

KIND = ("probe", "connection")
# Of several workers any may be the first to be served; all else is that of the worst.
WORST = {
    "total": "sum",
    "bad": "sum",
    **dict.fromkeys(ENDS, "max"),
    "first_success_lower_s": "min",
    "first_success_upper_s": "min",
    **dict.fromkeys(SHARES, "min"),
    "first_error_s": "min",
    "new_leader_s": "first",
}


def recovery_of(record: SuiteRecord, histories: Sequence[TrialHistory]) -> dict[str, pd.DataFrame]:
    """Compute the tables of outages and recovery alone, of trials that are not marked yet."""
    marked = (
        replace(history, samples=mark_good(history.samples, record.deadline_s))
        for history in histories
    )
    return recovery_tables(record, [evidence_of(trial) for trial in marked])


def recovery_tables(record: SuiteRecord, trials: Sequence[Evidence]) -> dict[str, pd.DataFrame]:
    """Return outages, degraded, trials, worst and recovery."""
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
        "recovery": recovery_table(worst, Counter(trial.experiment for trial in record.trials)),
    }


def worst_of_workers(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row a trial, injection, probe and connection: the worst of all workers.

    A share that is unknown of one worker is unknown of all; one that is not measured stands for
    all.
    """
    if rows.empty:
        return rows
    keys = ["trial", *FAULT, "hit", *KIND]
    shares = list(SHARES)
    # the least of all: a minimum passes over what is missing
    filled = rows.fillna(dict.fromkeys(shares, -np.inf))
    worst = filled.groupby(keys, sort=False, as_index=False).agg(WORST)
    worst[shares] = worst[shares].replace(-np.inf, np.nan)
    # a share belongs to its window: that of the longest one
    order = ["degraded_upper_s", "degraded_lower_s", "good_share_degraded"]
    longest = rows.sort_values(order, ascending=[False, False, True]).drop_duplicates(keys)
    worst = worst.merge(longest[[*keys, "good_share_degraded"]], on=keys)
    doubted = rows.assign(is_measured=rows["not_measured"] == "").sort_values("is_measured")
    return worst.merge(doubted.drop_duplicates(keys)[[*keys, "not_measured"]], on=keys)


def _summary(part: pd.DataFrame) -> dict[str, Any]:
    """Return the columns over the trials that were measured; there may be none."""
    ends = {name: tuple(part[f"{name}_{end}_s"] for end in ("lower", "upper")) for name in BRACKETS}
    lower_s, upper_s = ends["outage"]
    low, high = median_interval(lower_s), median_interval(upper_s)
    medians = {
        f"{name}_median_{end}_s": value
        for name in BRACKETS
        for end, value in zip(("lower", "upper"), median_bracket(*ends[name]), strict=True)
        if name != "longest_gap"
    }
    largest = {
        f"{name}_max_{end}_s": values.max()
        for name in ("outage", "longest_gap", "degraded")
        for end, values in zip(("lower", "upper"), ends[name], strict=True)
    }
    return {
        "n": len(part),
        "censored": int(np.isinf(upper_s).sum()),
        **medians,
        **largest,
        "outage_median_ci_low_s": low[0] if low else None,
        "outage_median_ci_high_s": high[1] if high else None,
        "outage_p95_bound_s": p95_upper_bound(upper_s),
        "good_share_degraded_median": part["good_share_degraded"].median(),
        "good_share_during_median": part["good_share_during"].median(skipna=False),
        "availability_min": part["availability"].min(skipna=False),
        "first_error_median_s": part["first_error_s"].median(),
        "new_leader_median_s": part["new_leader_s"].median(),
    }


def recovery_table(worst: pd.DataFrame, trials: Mapping[str, int]) -> pd.DataFrame:
    """Return one row an injection, probe and connection over all trials, from the worst workers.

    `trials`: how many each experiment has; those that were not measured are `left_out`. Medians of
    brackets are Turnbull's estimates, brackets again. That of the outage lies between the median
    of the lower ends and that of the upper ones. Its interval goes from the lower end of the
    former's to the upper end of the latter's, for the true value of each trial lies in its bracket.
    """
    if worst.empty:
        return worst
    table = []
    for key, part in worst.groupby([*FAULT, *KIND], sort=False):
        named = dict(zip([*FAULT, *KIND], key, strict=True))
        measured = part[part["not_measured"] == ""]
        left_out = trials[str(named["experiment"])] - len(measured)
        table.append(named | _summary(measured) | {"left_out": left_out})
    return pd.DataFrame(table)
