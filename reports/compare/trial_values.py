"""What the trials of a side have of a metric: a bracket a trial. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

# Where in its bracket a value may be, from its middle in halves of its width: quantiles of a
# triangle, for of all outages that begin at any phase of the probes so many have this bracket.
POINTS = np.array([-0.646, -0.388, -0.209, -0.064, 0.064, 0.209, 0.388, 0.646])


@dataclass(frozen=True)
class TrialValues:
    """`lower`, `upper`: the ends of the brackets, a measured trial each.

    An infinite upper end: it had not ended when the trial did. `unmeasured`: trials that were run,
    or were to be run, and give no value. `not_recovered`: trials, measured or not, in which the
    cluster did not come back.
    """

    lower: Values
    upper: Values
    unmeasured: int = 0
    not_recovered: int = 0

    def __len__(self) -> int:
        return len(self.lower)

    @cached_property
    def ended(self) -> NDArray[np.bool_]:
        """Which have an end."""
        return np.isfinite(self.upper)

    @cached_property
    def least(self) -> Values:
        """The middle of each bracket; of a trial without an end what was observed of it."""
        return np.where(self.ended, (self.lower + self.upper) / 2, self.lower)

    @cached_property
    def most(self) -> Values:
        """The middle of each bracket; infinite for a trial without an end."""
        return np.where(self.ended, self.least, np.inf)

    def least_points(self) -> Values:
        """Points of each bracket, a row a trial; of one without an end what was observed."""
        return self._points(self.least)

    def most_points(self) -> Values:
        """Points of each bracket, a row a trial; infinite for one without an end."""
        return self._points(self.most)

    def _points(self, middles: Values) -> Values:
        halves = np.where(self.ended, (self.upper - self.lower) / 2, 0.0)
        points: Values = middles[:, None] + halves[:, None] * POINTS
        return points

    @property
    def width(self) -> float:
        """The width of a bracket, their median; 0 where none has an end."""
        widths = (self.upper - self.lower)[self.ended]
        # a value of nothing at all has no width, and says nothing about that of others
        widths = widths[widths > 0]
        return float(np.median(widths)) if len(widths) else 0.0

    @property
    def endless(self) -> int:
        """How many trials did not come to an end, by this metric or as a whole."""
        return max(int((~self.ended).sum()), self.not_recovered)
