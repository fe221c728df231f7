"""How often `halab compare` is right: false alarms, changes found, unchanged systems held.

Trials are drawn from measured kills of the etcd leader. The true length of an outage is drawn from
its bracket, changed by what B is to differ in, and probed again: bad probes begin at a phase of
their own at every worker, so that its new bracket is what halab would have recorded.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from reports.compare.judging import LimitTest, decided
from reports.compare.limits import parse_limit
from reports.compare.trial_values import TrialValues
from reports.verdict import worst

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Seconds = NDArray[np.float64]
    Chance = np.random.Generator
    Change = Callable[[Seconds], Seconds]
    # the true outages of so many trials, an array (trials, series)
    Draw = Callable[[int, Chance], Seconds]

MEASURED = Path(__file__).parent / "measured_leader_kills.csv"
READ_PERIOD_S, WRITE_PERIOD_S = 0.1, 0.2
# With the median outage a second election lasts about so much longer; it is not rare.
SECOND_ELECTION, SECOND_ELECTIONS = 1.6, 0.15
HOLD_S = 10.0
TRIALS = 20
COMPARISONS = 1000
SEED = 1


@dataclass(frozen=True)
class Case:
    """A limit, tested at so many trials a side. `change`: the truth of B; `experiments`: at once.

    `drift`: by how much all outages are longer in the runs that were made later; `by_turns`: half
    of each side's are. `lost`: trials of B that do not come back.
    """

    what: str
    limit: str
    draw: Draw
    change: Change
    period_s: float = WRITE_PERIOD_S
    trials: int = TRIALS
    experiments: int = 1
    drift: float = 0.0
    by_turns: bool = False
    lost: int = 0
    shares: bool = False


def measured(probe: str) -> Draw:
    """Return what draws kills with replacement: the outages of a probe, a column a series."""
    rows = pd.read_csv(MEASURED, comment="#")
    rows = rows[rows["probe"] == probe]
    ends = [
        rows.pivot_table(index=["run", "trial"], columns=["connection", "worker"], values=end)
        for end in ("lower_s", "upper_s")
    ]
    lower_s, upper_s = (end.to_numpy() for end in ends)

    def draw(trials: int, chance: Chance) -> Seconds:
        kill = chance.integers(len(lower_s), size=trials)
        return chance.uniform(lower_s[kill], upper_s[kill])

    return draw


def lognormal(deviation: float, median_s: float = 1.6) -> Draw:
    """Return what draws outages by a logarithm's standard deviation, with second elections."""

    def draw(trials: int, chance: Chance) -> Seconds:
        again = np.where(chance.random(trials) < SECOND_ELECTIONS, SECOND_ELECTION, 1.0)
        return (median_s * np.exp(chance.normal(0, deviation, trials)) * again)[:, None]

    return draw


def probed(length_s: Seconds, period_s: float, chance: Chance) -> TrialValues:
    """Return the bracket of each trial's worst series, as probes at a period see it."""
    first_s = chance.uniform(0, period_s, length_s.shape)
    bad = np.ceil(np.maximum(length_s - first_s, 0) / period_s)
    lower_s, upper_s = (bad - 1) * period_s, (bad + 1) * period_s
    return TrialValues(*(np.where(bad > 0, end, 0.0).max(axis=1) for end in (lower_s, upper_s)))


def sides(case: Case, chance: Chance) -> tuple[TrialValues, TrialValues]:
    """Return the trials of A and B in an experiment."""
    lengths = [case.draw(case.trials, chance), case.change(case.draw(case.trials, chance))]
    if case.by_turns:
        lengths = [_drifted(side, case.drift, case.trials // 2) for side in lengths]
    else:
        lengths[1] = _drifted(lengths[1], case.drift, 0)
    a, b = (probed(side, case.period_s, chance) for side in lengths)
    if case.shares:
        return _shares(a), _shares(b)
    ended = np.arange(case.trials) >= case.lost
    return a, TrialValues(b.lower, np.where(ended, b.upper, np.inf), not_recovered=case.lost)


def _drifted(length_s: Seconds, drift: float, since: int) -> Seconds:
    return np.concatenate([length_s[:since], length_s[since:] * (1 + drift)])


def _shares(outages: TrialValues) -> TrialValues:
    """Return the shares of good requests in a hold of which an outage is all that was bad."""
    share = 1 - outages.least / HOLD_S
    return TrialValues(share, share)


def verdicts_of(case: Case, comparisons: int = COMPARISONS, seed: int = SEED) -> Counter[str]:
    """Return how many comparisons come to each verdict."""
    chance, limit = np.random.default_rng(seed), parse_limit(case.limit)
    verdicts: Counter[str] = Counter()
    for _ in range(comparisons):
        tests = decided(
            [
                LimitTest(limit, f"e{number}", *sides(case, chance), doubt=None)
                for number in range(case.experiments)
            ]
        )
        verdicts[worst(test.judged()[0] for test in tests)] += 1
    return verdicts


def times(factor: float) -> Change:
    """Return the change to so many times the length."""
    return lambda length_s: length_s * factor


def plus(seconds: float) -> Change:
    """Return the change to so many seconds more."""
    return lambda length_s: length_s + seconds


def cases() -> list[Case]:
    """Return what is simulated."""
    writes, reads = measured("write"), measured("read")
    ratio, seconds, share = "write.outage > 1.2x", "read.outage > +0.5s", "write.good < -0.05"
    return [
        *(Case("kills, unchanged", ratio, writes, times(1), trials=n) for n in (6, 10, 20, 30)),
        *(
            Case("kills, at the limit", ratio, writes, times(1.2), trials=n)
            for n in (6, 10, 20, 30)
        ),
        *(Case("kills, 1.5x", ratio, writes, times(1.5), trials=n) for n in (6, 10, 20, 30)),
        Case("kills, unchanged", "write.outage > 1.5x", writes, times(1)),
        Case("kills, at the limit", "write.outage > 1.5x", writes, times(1.5)),
        Case("kills, 9 experiments at the limit", ratio, writes, times(1.2), experiments=9),
        Case("kills, 9 experiments, 1.5x", ratio, writes, times(1.5), experiments=9),
        Case("kills, 5 of 20 never back", ratio, writes, times(1), lost=5),
        Case("kills, at the limit, drift of 5 %", ratio, writes, times(1.2), drift=0.05),
        Case("the same, by turns", ratio, writes, times(1.2), drift=0.05, by_turns=True),
        Case("short outages, unchanged", seconds, reads, plus(0), READ_PERIOD_S),
        Case("short outages, at the limit", seconds, reads, plus(0.5), READ_PERIOD_S),
        Case("short outages, +1 s", seconds, reads, plus(1), READ_PERIOD_S),
        Case("shares, unchanged", share, writes, plus(0), shares=True),
        Case("shares, at the limit", share, writes, plus(0.05 * HOLD_S), shares=True),
        Case("shares, 10 points less", share, writes, plus(0.1 * HOLD_S), shares=True),
        *(
            Case(
                f"log-sd {deviation}, {name}", ratio, lognormal(deviation), times(factor), trials=n
            )
            for deviation, n in ((0.1, 20), (0.2, 20), (0.3, 30), (0.5, 80))
            for name, factor in (("at the limit", 1.2), ("1.5x", 1.5))
        ),
    ]


def table(comparisons: int = COMPARISONS) -> Table:
    """Simulate every case."""
    title = f"compare, {comparisons} comparisons each: % of verdicts"
    written = Table("B is", "limit", "trials a side", "violated", "holds", "unknown", title=title)
    for case in cases():
        verdicts = verdicts_of(case, comparisons)
        shares = (f"{100 * verdicts[name] / comparisons:.1f}" for name in ORDER)
        written.add_row(case.what, case.limit, str(case.trials), *shares)
    return written


ORDER = ("violated", "holds", "unknown")


if __name__ == "__main__":
    Console(width=110).print(table())
