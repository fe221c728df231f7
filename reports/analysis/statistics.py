"""What n trials show of a median, and of a 95th percentile.

scipy.stats is imported where it is used: it takes longer than most of what halab does, and most
runs have too few trials to need it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.verdict import MEDIAN_TRIALS, P95_TRIALS

if TYPE_CHECKING:
    import pandas as pd

CONFIDENCE = 0.95


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
