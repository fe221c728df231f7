"""What a fault costs the clients of one series: seconds lost for good, and a share while it lasts.

A hold of T seconds costs lost_s + bad_share * T. The plateau is the last half of the hold; what was
bad before it and beyond its share, and what was bad from the heal on, are the transients of onset
and return: lost_s is their integral. Of an open-loop schedule that is a count times a period.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.grade import LEVEL

if TYPE_CHECKING:
    from reports.analysis.series import Flags, Seconds

QUARTERS = 4
# Fewer requests show no plateau.
MINIMUM = 15


@dataclass(frozen=True)
class Hold:
    """How long a fault was in, in seconds of the trial: from its confirmation to its heal."""

    confirmed_s: float
    heal_begin_s: float

    @property
    def middle_s(self) -> float:
        """Where the plateau begins."""
        return (self.confirmed_s + self.heal_begin_s) / 2

    @property
    def length_s(self) -> float:
        """How many seconds it is long."""
        return self.heal_begin_s - self.confirmed_s

    def plateau(self, started_s: Seconds) -> Flags:
        """Return which requests show the plateau, by their starts."""
        return (started_s >= self.middle_s) & (started_s < self.heal_begin_s)


@dataclass(frozen=True)
class Cost:
    """`lost_s`: of both transients. `bad_share`: of the plateau, NaN where too few show it.

    `affected_s`: from the first to the last bad request before the heal, and from it on; so a
    plateau without any between two transients does not count.
    `settled`: the share did not change any more when the hold ended. `came_back`: the last request
    was good. Where one of them is not so the cost is at least this.
    """

    lost_s: float
    bad_share: float
    affected_s: float
    settled: bool
    came_back: bool

    @property
    def shows_plateau(self) -> bool:
        """Whether there were requests enough while the fault was in."""
        return not math.isnan(self.bad_share)

    @property
    def is_bound(self) -> bool:
        """Whether the cost is only known to be at least this."""
        return not (self.settled and self.came_back)

    def of_hold_s(self, hold_s: float) -> float:
        """Return the seconds that a hold of such a length costs."""
        return self.lost_s + (self.bad_share * hold_s if self.shows_plateau else 0.0)


def cost_of(started_s: Seconds, good: Flags, hold: Hold, period_s: float) -> Cost:
    """Compute the cost of the requests of a series that an injection is held to account for.

    In the order of starts, at least one, one each `period_s`. Where too few show a plateau, what
    was bad there is lost, too.
    """
    bad = ~good
    onset, back = started_s < hold.middle_s, started_s >= hold.heal_begin_s
    plateau = hold.plateau(started_s)
    affected_s = _span_s(started_s[bad & ~back]) + _span_s(started_s[bad & back])
    came_back = bool(good[-1])
    if plateau.sum() < MINIMUM:
        lost_s = period_s * int(bad.sum())
        return Cost(lost_s, math.nan, affected_s, settled=False, came_back=came_back)
    share = float(bad[plateau].mean())
    beyond = max(0.0, float(bad[onset].sum()) - share * int(onset.sum()))
    settled = _settled(started_s[plateau], bad[plateau], hold)
    lost_s = period_s * (beyond + int(bad[back].sum()))
    return Cost(lost_s, share, affected_s, settled, came_back)


def _span_s(started_s: Seconds) -> float:
    return float(started_s[-1] - started_s[0]) if len(started_s) else 0.0


def _settled(started_s: Seconds, bad: Flags, hold: Hold) -> bool:
    """Whether the quarters of the plateau do not differ: the chi-squared test of homogeneity."""
    if bad.all() or not bad.any():
        return True
    from scipy import stats  # noqa: PLC0415 - most plateaus are all good or all bad

    edges = np.linspace(hold.middle_s, hold.heal_begin_s, QUARTERS + 1)[1:-1]
    quarter = np.searchsorted(edges, started_s, "right")
    table = np.array([np.bincount(quarter[bad == state], minlength=QUARTERS) for state in (0, 1)])
    table = table[:, table.sum(axis=0) > 0]
    return bool(stats.chi2_contingency(table).pvalue > LEVEL)
