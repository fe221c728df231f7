"""Outages and degraded windows, from probes that were good or bad.

An outage is a bracket in probe start time, at a stated deadline: for bad probes begun at
s_a .. s_b in a row, lower = s_b - s_a, upper = next good start - last good start before it; a
span of instant failures lies between the two. An upper of infinity means censored: nothing
good was seen after it. A probe belongs to what happened after `since_s` when it ended after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reports.analysis.series import arrays_of, framed, ordered
from reports.history.schema import SERIES

if TYPE_CHECKING:
    import pandas as pd

    from reports.analysis.series import Flags, Numbers, Seconds, SeriesArrays

OUTAGE_COLUMNS = (*SERIES, "start_s", "lower_s", "upper_s", "censored")
FRAME_COLUMNS = (*OUTAGE_COLUMNS, "ended_s")
DEGRADED_COLUMNS = (*SERIES, "start_s", "end_s", "good_share")


def mark_good(samples: pd.DataFrame, deadline_s: float) -> pd.DataFrame:
    """Add `good`: answered well within the deadline. Sorted by series and start."""
    took_s = samples["ended_s"] - samples["started_s"]
    good = (samples["outcome"] == "ok") & (took_s <= deadline_s)
    return ordered(samples.assign(good=good.astype(bool)))


def outages(samples: pd.DataFrame, since_s: float) -> pd.DataFrame:
    """Return one row an outage (FRAME_COLUMNS), series by series, from marked samples."""
    return framed([outages_of(arrays_of(samples), since_s)], FRAME_COLUMNS)


def outages_of(probes: SeriesArrays, since_s: float) -> dict[str, Any]:
    """Return FRAME_COLUMNS as arrays, a place an outage, with its `series`.

    ended_s: when its last bad request to end ended. first_started_s, first_ended_s: of its
    first bad request that ended after `since_s`.
    """
    changed = np.zeros(len(probes.good), dtype=np.bool_)
    changed[1:] = probes.good[1:] != probes.good[:-1]
    changed[probes.begin] = True
    begin = np.flatnonzero(changed)
    end = np.append(begin[1:], len(probes.good))
    bad = ~probes.good[begin]
    ended_s = np.maximum.reduceat(probes.ended_s, begin) if len(begin) else probes.ended_s
    kept = bad & (ended_s >= since_s)
    begin, end, ended_s = begin[kept], end[kept], ended_s[kept]
    first = begin.copy()
    # of outages that began before, at most one a series
    for place in np.flatnonzero(probes.ended_s[begin] < since_s):
        first[place] += np.argmax(probes.ended_s[begin[place] : end[place]] >= since_s)
    series = probes.series_of(begin)
    start_s = probes.started_s[begin]
    # with no good probe before it, an outage began no earlier than the first observation
    before_s = probes.started_s[np.where(begin > probes.begin[series], begin - 1, begin)]
    censored = end == probes.end[series]
    after_s = np.where(censored, np.inf, probes.started_s[np.where(censored, 0, end)])
    return {
        **probes.named(series),
        "series": series,
        "start_s": start_s,
        "lower_s": probes.started_s[end - 1] - start_s,
        "upper_s": after_s - before_s,
        "censored": censored,
        "ended_s": ended_s,
        "first_started_s": probes.started_s[first],
        "first_ended_s": probes.ended_s[first],
    }


def degraded(samples: pd.DataFrame, since_s: float) -> pd.DataFrame:
    """Return the degraded window of each series that had one, from marked samples.

    start_s and end_s are the first and the last bad start, good_share is what lies between.
    """
    return framed([degraded_of(arrays_of(samples), since_s)], DEGRADED_COLUMNS)


def degraded_of(probes: SeriesArrays, since_s: float, until_s: float = np.inf) -> dict[str, Any]:
    """Return DEGRADED_COLUMNS as arrays, of the series that had a window; `series`: which.

    Probes begun from `until_s` on do not count.
    """
    late = (probes.ended_s >= since_s) & (probes.started_s < until_s)
    first, last = probes.ends_of(late & ~probes.good)
    hit = np.flatnonzero(first >= 0)
    spans = np.column_stack([first[hit], last[hit] + 1]).ravel()
    inside, good = (_sums(flags, spans) for flags in (late, late & probes.good))
    return {
        **probes.named(hit),
        "series": hit,
        "start_s": probes.started_s[first[hit]],
        "end_s": probes.started_s[last[hit]],
        "good_share": good / inside,
    }


def _sums(flags: Flags, spans: Numbers) -> Numbers:
    """Return how many flags are set in spans, each a begin and an end."""
    if not len(spans):
        return spans
    padded = np.append(flags, np.False_)
    sums: Numbers = np.add.reduceat(padded, spans, dtype=np.int64)[::2]
    return sums


def longest_gaps_of(
    probes: SeriesArrays, since_s: float, end_s: float, until_s: float = np.inf
) -> Seconds:
    """Return by series the longest time between two successful completions.

    Of the gaps that end after `since_s` and begin before `until_s`; the end of the trial ends the
    last. Of a series without any success it is the whole. NaN: no gap is there.
    """
    longest: Seconds = end_s - probes.started_s[probes.begin]
    place = np.flatnonzero(probes.good)
    if not len(place):
        return longest
    series, done_s = probes.series_of(place), probes.ended_s[place]
    begin = np.flatnonzero(np.diff(series, prepend=-1))
    # answers come nearly in the order of starts
    last = np.append(begin[1:], len(place))
    step = np.diff(done_s)
    step[last[:-1] - 1] = 0
    for unsorted in np.unique(series[1:][step < 0]):
        part = slice(*np.searchsorted(series, [unsorted, unsorted + 1]))
        done_s[part] = np.sort(done_s[part], kind="stable")
    after_s = np.append(done_s[1:], end_s)
    after_s[last - 1] = end_s
    counted = (after_s >= since_s) & (done_s < until_s)
    gaps = np.where(counted, after_s - done_s, -np.inf)
    longest[series[begin]] = np.maximum.reduceat(gaps, begin)
    return np.where(np.isinf(longest), np.nan, longest)
