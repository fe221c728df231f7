"""Outages and degraded windows, from probes that were good or bad.

An outage is a bracket in probe start time, at a stated deadline: for bad probes begun at
s_a .. s_b in a row, lower = s_b - s_a, upper = next good start - last good start before.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from reports.history.schema import SERIES


def time_of(events: list[dict[str, Any]], kind: str) -> float | None:
    """Return the time of the first event of a kind, in seconds, or None."""
    return next((float(event["t_s"]) for event in events if event["kind"] == kind), None)


def mark_good(samples: pd.DataFrame, deadline_s: float) -> pd.DataFrame:
    """Add `good`: answered well within the deadline. Sorted by series and start."""
    took_s = samples["ended_s"] - samples["started_s"]
    marked = samples.assign(good=(samples["outcome"] == "ok") & (took_s <= deadline_s))
    return marked.sort_values([*SERIES, "started_s"], ignore_index=True)


def outages(samples: pd.DataFrame, since_s: float) -> pd.DataFrame:
    """Return one row an outage that goes on at or after `since_s`, series by series.

    Columns: the series, start_s, lower_s, upper_s (NaN when censored), censored.
    """
    groups = samples.groupby(SERIES, sort=False)
    frame = samples.assign(
        run=(groups["good"].shift() != samples["good"]).cumsum(),
        before_s=samples["started_s"]
        .where(samples["good"])
        .groupby([samples[c] for c in SERIES], sort=False)
        .ffill(),
        after_s=samples["started_s"]
        .where(samples["good"])
        .groupby([samples[c] for c in SERIES], sort=False)
        .bfill(),
    )
    bad = frame[~frame["good"].astype(bool)]
    found = bad.groupby([*SERIES, "run"], sort=False, as_index=False).agg(
        start_s=("started_s", "min"),
        last_s=("started_s", "max"),
        before_s=("before_s", "first"),
        after_s=("after_s", "first"),
    )
    found["lower_s"] = found["last_s"] - found["start_s"]
    # with no good probe before it, an outage began no earlier than what was observed
    found["upper_s"] = found["after_s"] - found["before_s"].fillna(found["start_s"])
    found["censored"] = found["after_s"].isna()
    kept = found[found["last_s"] >= since_s]
    return kept[[*SERIES, "start_s", "lower_s", "upper_s", "censored"]].reset_index(drop=True)


def degraded(samples: pd.DataFrame, since_s: float) -> pd.DataFrame:
    """Return the degraded window of each series: first to last bad start, share of good inside."""
    late = samples[samples["started_s"] >= since_s]
    bad = late[~late["good"].astype(bool)]
    window = bad.groupby(SERIES, as_index=False).agg(
        start_s=("started_s", "min"), end_s=("started_s", "max")
    )
    inside = late.merge(window, on=SERIES)
    inside = inside[inside["started_s"].between(inside["start_s"], inside["end_s"])]
    share = inside.groupby(SERIES, as_index=False).agg(good_share=("good", "mean"))
    return window.merge(share, on=SERIES)
