"""The change of a statistic between two sets of interval-censored values, with its interval.

The true value of a trial lies in its bracket. So the statistic of B less that of A lies between
stat(lower ends of B) - stat(upper ends of A) and stat(upper ends of B) - stat(lower ends of A). How
far chance moves a median is estimated by the percentile bootstrap (scipy, RESAMPLES resamples of
the trials of each side, SEED): the interval goes from the lower 95 % limit of the first to the
upper one of the second. It is wide where brackets are wide, and never narrower than they are.
A maximum or minimum has no such interval: it is compared as it was measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy import stats

from reports.analysis.statistics import CONFIDENCE
from reports.bracket import Bracket
from reports.verdict import MEDIAN_TRIALS

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Values = NDArray[np.float64]

RESAMPLES = 2000
SEED = 0
# An outage without an end: scipy interpolates, and infinity less infinity is no number.
ENDLESS = 1e9
LEAST_TRIALS = MEDIAN_TRIALS
Form = Literal["ratio", "difference", "value"]


_OVER: dict[str, Callable[..., Any]] = {"median": np.median, "max": np.max, "min": np.min}


def estimate(statistic: str, lower: Values, upper: Values) -> Bracket:
    """Return the bracket of a statistic of the trials; NaN for no trials."""
    if not len(lower):
        return Bracket(float("nan"), float("nan"))
    over = _OVER[statistic]
    return Bracket(float(over(lower)), float(over(upper)))


def _changed(form: Form, b: Values, a: Values) -> Values:
    """Return the change; from nothing to nothing is none."""
    if form == "value":
        return b
    if form == "difference":
        return b - a
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where((a == 0) & (b == 0), 1.0, np.divide(b, a))
    return np.clip(ratio, 0.0, ENDLESS)


def change(
    form: Form, statistic: str, a: tuple[Values, ...], b: tuple[Values, ...]
) -> Bracket | None:
    """Return the 95 % interval of a change from A to B; None for too few trials.

    `a`, `b`: the lower and upper ends of the trials' brackets.
    """
    if min(len(a[0]), len(b[0])) < LEAST_TRIALS:
        return None
    (a_low, a_high), (b_low, b_high) = (
        [np.minimum(ends, ENDLESS) for ends in side] for side in (a, b)
    )
    lower = _limits(form, statistic, b_low, a_high)[0]
    upper = _limits(form, statistic, b_high, a_low)[1]
    return Bracket(_ended(lower), _ended(upper))


def _ended(value: float) -> float:
    return float("inf") * np.sign(value) if abs(value) > ENDLESS / 10 else value


def _limits(form: Form, statistic: str, b: Values, a: Values) -> tuple[float, float]:
    over = _OVER[statistic]
    if statistic != "median":
        measured = float(_changed(form, np.asarray(over(b)), np.asarray(over(a))))
        return measured, measured

    def moved(b: Values, a: Values, axis: int) -> Values:
        return _changed(form, over(b, axis=axis), over(a, axis=axis))

    interval = stats.bootstrap(
        (b, a),
        moved,
        n_resamples=RESAMPLES,
        vectorized=True,
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=np.random.default_rng(SEED),
    ).confidence_interval
    return float(interval.low), float(interval.high)
