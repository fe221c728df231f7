"""What n trials show of a median, and of a 95th percentile.

scipy.stats is imported where it is used: it takes longer than most of what halab does, and most
runs have too few trials to need it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from reports.analysis.turnbull import turnbull
from reports.verdict import MEDIAN_TRIALS, P95_TRIALS

if TYPE_CHECKING:
    import pandas as pd

CONFIDENCE = 0.95


def median_bracket(lower: pd.Series[float], upper: pd.Series[float]) -> tuple[float, float]:
    """Return the bracket of the median of interval-censored values, an infinite end is censored.

    Values that did not come, NaN, are passed over; NaN where there is no other.
    """
    known = lower.notna() & upper.notna()
    if not known.any():
        return math.nan, math.nan
    return turnbull(
        *(np.asarray(ends[known], dtype=np.float64) for ends in (lower, upper))
    ).quantile(0.5)


def median_interval(values: pd.Series[float]) -> tuple[float, float] | None:
    """Return the distribution-free 95 % interval of the median; None below 6 values."""
    if len(values) < MEDIAN_TRIALS:
        return None
    from scipy import stats

    interval = stats.quantile_test(values, p=0.5).confidence_interval(CONFIDENCE)
    return float(interval.low), float(interval.high)


def p95_upper_bound(values: pd.Series[float]) -> float | None:
    """Return the 95 % upper confidence bound of the 95th percentile; None below 59 values."""
    if len(values) < P95_TRIALS:
        return None
    from scipy import stats

    test = stats.quantile_test(values, p=0.95, alternative="less")
    return float(test.confidence_interval(CONFIDENCE).high)
