"""By how much the trials of B lie above those of A, and how sure that is. Pure.

What is compared is a shift of the whole distribution: every trial of B so much longer (a ratio: a
shift of logarithms), or so many seconds or points of share more (a difference). The estimate is
that of Hodges and Lehmann (Ann. Math. Statist. 34, 1963): the median of all differences between a
trial of B and a trial of A. The tests are rank-sum tests, which ask nothing of the shape of the
distribution. A trial is its worst worker: workers of one trial see the same election, and are no
trials of their own. B alone is tested by its median, with the sign test.

A trial that never recovered counts as what was observed of it where a longer one would speak for
the answer, and as longer than all others where it speaks against it. A trial that was not measured
counts for whatever makes the answer less sure, so that its absence decides nothing.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import stats

from reports.analysis.turnbull import turnbull
from reports.bracket import Bracket
from reports.compare.rank_sum import p_greater

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from reports.compare.trial_values import TrialValues

    Values = NDArray[np.float64]

Form = Literal["ratio", "difference", "value"]
# A limit is passed, or kept, at this level; over all tests of a comparison by Holm's procedure.
LEVEL = 0.05
# Of the interval that is shown beside an estimate.
CONFIDENCE = 0.95
# Below this a ratio of two outages is a ratio of two roundings of the period of the probes.
WIDTHS_FOR_A_RATIO = 3
# Values that differ by less are the same: 0.97 + 0.01 is 0.98.
DECIMALS = 9


def has_ratio(a: TrialValues) -> bool:
    """Whether the values of A are long enough, beside their brackets, to be a denominator."""
    middle = float(np.median(a.most)) if len(a) else 0.0
    return middle > 0 and round(middle - WIDTHS_FOR_A_RATIO * a.width, DECIMALS) >= 0


def interval(form: Form, a: TrialValues, b: TrialValues) -> Bracket:
    """Return the interval (CONFIDENCE) of the shift from A to B; of a ratio it is that of B over A.

    The ends of the rank-sum test's interval (Moses): the k-th smallest and largest of all
    differences, k from the normal approximation. It has no end where trials without one decide it.
    """
    count = len(a) * len(b)
    deviation = math.sqrt(count * (len(a) + len(b) + 1) / 12)
    outside = int(count / 2 - stats.norm.ppf((1 + CONFIDENCE) / 2) * deviation)
    if outside < 1:
        return Bracket(0.0 if form == "ratio" else -math.inf, math.inf)
    lower = np.sort(_differences(form, a.most, b.least), axis=None)[outside - 1]
    upper = np.sort(_differences(form, a.least, b.most), axis=None)[-outside]
    return Bracket(_back(form, float(lower)), _back(form, float(upper)))


def estimate(form: Form, a: TrialValues, b: TrialValues) -> Bracket:
    """Return the estimate of Hodges and Lehmann; a bracket where trials without an end are in it.

    At least one trial a side.
    """
    lower = float(np.median(_differences(form, a.most, b.least)))
    upper = float(np.median(_differences(form, a.least, b.most)))
    return Bracket(_back(form, lower), _back(form, upper))


def median(trials: TrialValues) -> Bracket:
    """Return Turnbull's estimate of the median, as in the report; NaN for no trials."""
    if not len(trials):
        return Bracket(math.nan, math.nan)
    return Bracket(*turnbull(trials.lower, trials.upper).quantile(0.5))


def p_passed(form: Form, a: TrialValues, b: TrialValues, limit: float, *, above: bool) -> float:
    """Return how likely such trials are at most if the limit is not passed.

    Passed: above it, or below it (`above` false). Where trials without an end are, two tests are
    made and the smaller probability counts twice: that of the shift, and that of trials of B more
    often having none.
    """
    if form == "value":
        beyond = b.lower > limit if above else b.upper < limit
        return _sign_test(int(beyond.sum()), len(b) + b.unmeasured)
    p_shift = _rank_test(form, a, b, limit, greater=above)
    if not above or (a.ended.all() and b.ended.all()):
        return p_shift
    return min(1.0, 2 * min(p_shift, p_endless(form, a, b, limit)))


def p_kept(form: Form, a: TrialValues, b: TrialValues, limit: float, *, above: bool) -> float:
    """Return how likely such trials are at most if the limit is passed."""
    if form == "value":
        inside = b.upper <= limit if above else b.lower >= limit
        return _sign_test(int(inside.sum()), len(b) + b.unmeasured)
    return _rank_test(form, a, b, limit, greater=not above)


def p_endless(form: Form, a: TrialValues, b: TrialValues, limit: float) -> float:
    """Return how likely it is at most that trials of B have no end more often than those of A.

    Of B those count that were observed to be past the limit, from the median of A.
    """
    middle = float(np.median(scaled(form, a.most))) + scaled_limit(form, limit)
    ends_of_b = ~b.ended & (scaled(form, b.lower) > middle)
    there = np.append((~a.ended).astype(float), np.ones(a.unmeasured))
    here = np.append(ends_of_b.astype(float), np.zeros(b.unmeasured))
    return p_greater(here[:, None], there[:, None])


def passed(p_values: Sequence[float]) -> list[bool]:
    """Return which of several tests reject, at LEVEL for all of them together.

    S. Holm, A Simple Sequentially Rejective Multiple Test Procedure, 1979.
    """
    rejected = [False] * len(p_values)
    for rank, place in enumerate(np.argsort(p_values, kind="stable")):
        if p_values[place] > LEVEL / (len(p_values) - rank):
            break
        rejected[place] = True
    return rejected


def _rank_test(form: Form, a: TrialValues, b: TrialValues, limit: float, *, greater: bool) -> float:
    """Return the p-value of B lying above (`greater`) or below A, moved by a limit."""
    moved_by = scaled_limit(form, limit)
    # what was not measured, and what had no end, speaks against the answer
    ends = math.inf if greater else -math.inf
    of_a = a.most_points() if greater else a.least_points()
    of_b = b.least_points() if greater else b.most_points()
    there = _with(np.round(scaled(form, of_a), DECIMALS), ends, a.unmeasured)
    here = _with(np.round(scaled(form, of_b) - moved_by, DECIMALS), -ends, b.unmeasured)
    return p_greater(here, there) if greater else p_greater(there, here)


def _with(points: Values, value: float, count: int) -> Values:
    """Add trials that are at one value."""
    return np.concatenate([points, np.full((count, points.shape[1]), value)])


def _sign_test(count: int, trials: int) -> float:
    return float(stats.binomtest(count, trials, 0.5, "greater").pvalue) if trials else 1.0


def scaled(form: Form, values: Values) -> Values:
    """Return values as they are shifted: of a ratio their logarithms, of nothing -infinity."""
    if form != "ratio":
        return values
    with np.errstate(divide="ignore"):
        logarithms: Values = np.log(values)
    return logarithms


def scaled_limit(form: Form, limit: float) -> float:
    """Return a limit, or a change, as values are shifted by it."""
    return math.log(limit) if form == "ratio" else limit


def _differences(form: Form, a: Values, b: Values) -> Values:
    with np.errstate(invalid="ignore"):
        differences = scaled(form, b)[:, None] - scaled(form, a)[None, :]
    # neither ended, or neither was there: no change
    return np.where(np.isnan(differences), 0.0, differences)


def _back(form: Form, difference: float) -> float:
    return math.exp(difference) if form == "ratio" and difference < 700 else difference
