"""The distribution of lengths of which only brackets are known (interval-censored data).

Turnbull's estimator (JRSS B 38, 1976): the nonparametric maximum likelihood. Its mass lies in the
intersections that no end of a bracket falls into; how it is shared there cannot be known, so a
quantile is a bracket again. Our own, because lifelines 0.30, the one kept library, gives one
number for a median and no bracket, leaves closed brackets and exact values half a step off, stops
its search early (0.506 where 1/2 is the answer), and costs 1.7 s to import.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from reports.analysis.series import Seconds

# How much the likelihood may still gain from more mass anywhere, relatively: 0 at the maximum.
GAIN = 1e-9
STEPS = 100
# Masses and sums of masses that differ by less are the same.
EXACT = 1e-6
# The sum of all masses is one equation among those of the brackets, and is to be kept.
HEAVY = 1e4


@dataclass(frozen=True)
class TurnbullEstimate:
    """Mass in closed intervals [lower_s, upper_s], ascending; the last one may be endless."""

    lower_s: Seconds
    upper_s: Seconds
    mass: Seconds

    def quantile(self, share: float) -> tuple[float, float]:
        """Return the bracket of a quantile: where the distribution may cross a share."""
        reached = np.cumsum(self.mass)
        first = int(np.searchsorted(reached, share - EXACT))
        last = int(np.searchsorted(reached, share + EXACT))
        last = min(last, len(self.mass) - 1)
        return float(self.lower_s[first]), float(self.upper_s[last])


def turnbull(lower_s: Seconds, upper_s: Seconds) -> TurnbullEstimate:
    """Estimate from closed brackets, at least one; an upper end of infinity is censored.

    The constrained Newton method (Wang, CSDA 52, 2008): each step is a least-squares problem, whose
    solution has no negative mass, and is halved until the likelihood grows.
    """
    from scipy.optimize import nnls

    left, right = _intersections(lower_s, upper_s)
    inside = ((lower_s[:, None] <= left) & (right <= upper_s[:, None])).astype(np.float64)
    mass = np.full(len(left), 1 / len(left))
    for _ in range(STEPS):
        slopes = inside / (inside @ mass)[:, None]
        if slopes.mean(axis=0).max() <= 1 + GAIN:
            break
        equations = np.vstack([slopes, np.full(len(left), HEAVY)])
        target, _ = nnls(equations, np.append(np.full(len(lower_s), 2.0), HEAVY))
        mass = _uphill(inside, mass, target / target.sum())
    kept = mass > EXACT
    return TurnbullEstimate(left[kept], right[kept], mass[kept] / mass[kept].sum())


def _uphill(inside: Seconds, mass: Seconds, target: Seconds) -> Seconds:
    """Return the first of target, half way, a quarter ... at which the likelihood is greater."""
    likelihood = np.log(inside @ mass).sum()
    step = target - mass
    for halvings in range(30):
        tried: Seconds = mass + step / 2**halvings
        explained = inside @ tried
        if explained.min() > 0 and np.log(explained).sum() > likelihood:
            return tried
    return mass


def _intersections(lower_s: Seconds, upper_s: Seconds) -> tuple[Seconds, Seconds]:
    """Return the intervals from a lower to the next upper end, with no other end between."""
    ends = np.concatenate([lower_s, upper_s])
    is_upper = np.repeat([False, True], [len(lower_s), len(upper_s)])
    # brackets are closed: where one begins as another ends, they meet
    order = np.lexsort((is_upper, ends))
    ends, is_upper = ends[order], is_upper[order]
    place = np.flatnonzero(~is_upper[:-1] & is_upper[1:])
    return ends[place], ends[place + 1]
