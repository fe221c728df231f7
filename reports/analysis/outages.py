"""Outages and degraded windows, from probes that were good or bad.

An outage is a bracket in probe start time, at a stated deadline: for bad probes begun at
s_a .. s_b in a row, lower = s_b - s_a, upper = next good start - last good start before it; a
span of instant failures lies between the two. An upper of infinity means censored: nothing
good was seen after it. A probe belongs to what happened after `since_s` when it ended after it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from reports.history.schema import SERIES

if TYPE_CHECKING:
    import pandas as pd

OUTAGE_COLUMNS = (*SERIES, "start_s", "lower_s", "upper_s", "censored")
DEGRADED_COLUMNS = (*SERIES, "start_s", "end_s", "good_share")


def mark_good(samples: pd.DataFrame, deadline_s: float) -> pd.DataFrame:
    """Add `good`: answered well within the deadline. Sorted by series and start."""
    took_s = samples["ended_s"] - samples["started_s"]
    good = (samples["outcome"] == "ok") & (took_s <= deadline_s)
    marked = samples.assign(good=good.astype(bool))
    return marked.sort_values([*SERIES, "started_s"], ignore_index=True)


def outages(samples: pd.DataFrame, since_s: float) -> pd.DataFrame:
    """Return one row an outage (OUTAGE_COLUMNS), series by series, from marked samples."""
    keys = [samples[column] for column in SERIES]
    good_start_s = samples["started_s"].where(samples["good"]).groupby(keys, sort=False)
    changed = samples["good"] != samples.groupby(SERIES, sort=False)["good"].shift()
    frame = samples.assign(
        run=changed.cumsum(), before_s=good_start_s.ffill(), after_s=good_start_s.bfill()
    )
    bad = frame[~frame["good"]]
    found = bad.groupby([*SERIES, "run"], sort=False, as_index=False).agg(
        start_s=("started_s", "min"),
        last_s=("started_s", "max"),
        ended_s=("ended_s", "max"),
        before_s=("before_s", "first"),
        after_s=("after_s", "first"),
    )
    found["lower_s"] = found["last_s"] - found["start_s"]
    # with no good probe before it, an outage began no earlier than what was observed
    found["upper_s"] = found["after_s"] - found["before_s"].fillna(found["start_s"])
    found["censored"] = found["after_s"].isna()
    found["upper_s"] = found["upper_s"].where(~found["censored"], math.inf)
    kept = found[found["ended_s"] >= since_s]
    return kept[[*OUTAGE_COLUMNS]].reset_index(drop=True)


def degraded(samples: pd.DataFrame, since_s: float) -> pd.DataFrame:
    """Return the degraded window of each series that had one, from marked samples.

    start_s and end_s are the first and the last bad start, good_share is what lies between.
    """
    late = samples[samples["ended_s"] >= since_s]
    bad = late[~late["good"]]
    window = bad.groupby(SERIES, as_index=False, sort=False).agg(
        start_s=("started_s", "min"), end_s=("started_s", "max")
    )
    inside = late.merge(window, on=SERIES)
    inside = inside[inside["started_s"].between(inside["start_s"], inside["end_s"])]
    share = inside.groupby(SERIES, as_index=False, sort=False).agg(good_share=("good", "mean"))
    return window.merge(share, on=SERIES)


def longest_gaps(samples: pd.DataFrame, since_s: float, end_s: float) -> pd.Series[float]:
    """Return, by series, the longest time between two successful completions after `since_s`.

    The end of the trial counts as the end of the last gap. A series without any success has none.
    """
    good = samples[samples["good"]].sort_values("ended_s")
    keys = [good[column] for column in SERIES]
    after_s = good["ended_s"].groupby(keys).shift(-1).fillna(end_s)
    gaps = (after_s - good["ended_s"]).where(after_s >= since_s)
    return gaps.groupby(keys).max()
