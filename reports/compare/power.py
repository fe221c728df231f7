"""How likely a limit is to be decided, and how many trials that takes. Pure.

From the trials that there are, and not from a normal distribution: the chance that a trial of B,
truly changed by so much, lies beyond a trial of A that was moved to the limit, over all pairs of
two different trials of A. A few second elections are in it as they were measured.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from reports.compare.shift import DECIMALS, LEVEL, scaled, scaled_limit
from reports.verdict import MEDIAN_TRIALS

if TYPE_CHECKING:
    from reports.compare.shift import Form
    from reports.compare.trial_values import TrialValues

# A number of trials is enough when it finds the change in so many comparisons.
POWER = 0.8
# A limit is not decided by fewer trials of a side.
LEAST_TRIALS = MEDIAN_TRIALS
# More than these nobody runs: the limit is too near to what is to be found.
MOST_TRIALS = 10_000


@dataclass(frozen=True)
class Power:
    """What is known of a test before it is made.

    `ahead`: the chance that a trial is on the right side, 0.5 where there is nothing to find.
    `level`: of the test. `paired`: two sides are compared, not one with a number.
    """

    ahead: float
    level: float
    paired: bool

    def chance(self, of_a: int, of_b: int) -> float:
        """Return the probability that the test finds it with so many trials."""
        if self.ahead <= 0.5:
            return 0.0
        quantile, beyond = stats.norm.ppf(1 - self.level), self.ahead - 0.5
        if self.paired:
            spread = math.sqrt((of_a + of_b + 1) / (12 * of_a * of_b))
            return float(stats.norm.cdf(beyond / spread - quantile))
        needed = stats.binom.isf(self.level, of_b, 0.5) + 1
        return float(stats.binom.sf(needed - 1, of_b, self.ahead))

    def trials_needed(self) -> int | None:
        """Return how many trials a side find it with the probability POWER; None: no number does.

        G. E. Noether, Sample Size Determination for Some Common Nonparametric Tests, JASA 82, 1987:
        of the rank-sum test, of the sign test.
        """
        if self.ahead <= 0.5:
            return None
        quantiles = float(stats.norm.ppf(1 - self.level) + stats.norm.ppf(POWER))
        parts = 6 if self.paired else 4
        needed = math.ceil(quantiles**2 / (parts * (self.ahead - 0.5) ** 2))
        return None if needed > MOST_TRIALS else max(needed, LEAST_TRIALS)


def power_to_pass(
    form: Form, trials: TrialValues, limit: float, true: float, *, above: bool, tests: int
) -> Power:
    """Return the power to find that a limit is passed if the true change is `true`.

    `trials`: of A, or of B where B alone is tested. `above`: on which side of the limit that is.
    `tests`: how many limits are tested at once.
    """
    ahead = _ahead(form, trials, limit, true, upward=above)
    return Power(ahead, LEVEL / tests, paired=form != "value")


def power_to_keep(
    form: Form, trials: TrialValues, limit: float, true: float, *, above: bool
) -> Power:
    """Return the power to find that a limit is kept if the true change is `true`."""
    ahead = _ahead(form, trials, limit, true, upward=not above)
    return Power(ahead, LEVEL, paired=form != "value")


def deviation(form: Form, trials: TrialValues) -> float:
    """Return the standard deviation of the trials that ended, of logarithms for a ratio.

    From the median absolute deviation where that is larger; NaN for less than two trials.
    """
    values = trials.most[trials.ended]
    if form == "ratio":
        values = np.log(values[values > 0])
    if len(values) < 2:
        return math.nan
    return float(max(np.std(values, ddof=1), stats.median_abs_deviation(values, scale="normal")))


def _ahead(form: Form, trials: TrialValues, limit: float, true: float, *, upward: bool) -> float:
    """Return the chance that a trial with the true change is beyond one at the limit."""
    if len(trials) < 2:
        return 0.5
    values = scaled(form, trials.most)
    margin = scaled_limit(form, true) - scaled_limit(form, limit)
    if form == "value":
        apart = values - np.median(values)
    else:
        with np.errstate(invalid="ignore"):
            apart = values[:, None] - values[None, :]
        apart = apart[~np.eye(len(values), dtype=bool)]
    # neither has an end
    beyond = np.round(np.where(np.isnan(apart), 0.0, apart) + margin, DECIMALS)
    beyond = beyond if upward else -beyond
    return float((beyond > 0).mean() + (beyond == 0).mean() / 2)
