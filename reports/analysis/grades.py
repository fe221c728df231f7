"""The grade of a fault: what its clients noticed of it, by rules that were fixed beforehand.

In the order in which they are asked, of one series of one worker:
- down: less than DOWN_SHARE of the requests good for DOWN_S or longer;
- unnoticed: no more bad requests than the baseline explains;
- blip: at most BLIP_S lost seconds, and a plateau that the baseline explains;
- degraded: whatever else, also where the hold was too short to show a plateau.
The grade of a fault is the worst over reads and writes, new and reused connections, workers and
trials. A fault that changes nothing is called unnoticed with 95 %: all its series are tested
together.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from reports.grade import BLIP_S, DOWN_S, DOWN_SHARE, LEVEL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.analysis.cost import Cost, Hold
    from reports.analysis.series import Flags, Seconds
    from reports.grade import Grade


@dataclass(frozen=True)
class Baseline:
    """Requests of the same kind while nothing was broken: how many, and how many of them bad."""

    total: int
    bad: int

    @cached_property
    def highest_share(self) -> float:
        """The 95 % upper bound of the bad share (Clopper and Pearson); of at least one request."""
        if self.bad == self.total:
            return 1.0
        from scipy import special  # noqa: PLC0415 - most series have no bad request

        # a quantile of the beta distribution; stats.binomtest looks for the same root by trial
        return float(special.betaincinv(self.bad + 1, self.total - self.bad, 0.95))


@dataclass(frozen=True)
class Signs:
    """What the grade of a series follows from. `excess`, `plateau_excess`: how probable so many bad
    requests are by the baseline alone, of all and of the plateau.
    """

    down: bool
    excess: float
    plateau_excess: float
    cost: Cost


def signs_of(started_s: Seconds, good: Flags, hold: Hold, cost: Cost, baseline: Baseline) -> Signs:
    """Look at the requests that an injection is held to account for, in the order of starts."""
    return Signs(
        down=is_down(started_s, good),
        excess=excess_of(good, baseline),
        plateau_excess=excess_of(good[hold.plateau(started_s)], baseline),
        cost=cost,
    )


def grades_of(series: Sequence[Signs]) -> list[Grade]:
    """Grade all series of a fault, of all workers and trials."""
    noticed = _above([signs.excess for signs in series])
    lasts = _above([signs.plateau_excess for signs in series])
    return [_grade(*of_series) for of_series in zip(series, noticed, lasts, strict=True)]


def _grade(signs: Signs, noticed: bool, lasts: bool) -> Grade:
    if signs.down:
        return "down"
    if not noticed:
        return "unnoticed"
    plateau = lasts or not signs.cost.shows_plateau
    return "degraded" if plateau or signs.cost.lost_s > BLIP_S else "blip"


def _above(probabilities: Sequence[float]) -> list[bool]:
    """Return which are too improbable for chance, at LEVEL for all of them (Simes; Benjamini and
    Hochberg): what happens in many series together counts more than what happens in one.
    """
    if not probabilities or min(probabilities) > LEVEL:
        return [False] * len(probabilities)
    from scipy import stats  # noqa: PLC0415 - as below

    return list(stats.false_discovery_control(probabilities) <= LEVEL)


def is_down(started_s: Seconds, good: Flags) -> bool:
    """Whether there is a span of DOWN_S or longer with less than DOWN_SHARE of good requests.

    A span from request i to request j has too few where the sum of (good - DOWN_SHARE) over it is
    negative: where a prefix sum lies below one of at least DOWN_S earlier.
    """
    prefix = np.concatenate([[0.0], np.cumsum(good - DOWN_SHARE)])
    highest = np.maximum.accumulate(prefix)
    # the last request that began so long before each one
    early = np.searchsorted(started_s, started_s - DOWN_S + 1e-9, "right") - 1
    has = early >= 0
    return bool((prefix[1:][has] < highest[early[has]] - 1e-9).any())


def excess_of(good: Flags, baseline: Baseline) -> float:
    """Return how probable so many bad requests are by the baseline alone.

    The smaller of two, twice, for a short outage is lost in a long window: Fisher's exact test of
    the shares, and the longest row of bad requests, of which chance makes one of k among n with a
    probability of at most n * p**k (p: the highest share of the baseline).
    """
    bad = int((~good).sum())
    if not bad:
        return 1.0
    if not baseline.total:
        return 0.0
    from scipy import stats  # noqa: PLC0415 - most series have no bad request

    counts = [[bad, len(good) - bad], [baseline.bad, baseline.total - baseline.bad]]
    of_shares = float(stats.fisher_exact(counts, alternative="greater").pvalue)
    of_row = len(good) * baseline.highest_share ** _longest_row(good)
    return min(1.0, 2 * min(of_shares, of_row))


def _longest_row(good: Flags) -> int:
    edges = np.flatnonzero(np.concatenate([[True], good, [True]]))
    return int(np.diff(edges).max()) - 1
