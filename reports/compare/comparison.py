"""Two sides, compared: every metric with its change, verdicts that changed, limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from reports.compare.differences import differences
from reports.compare.estimates import change, estimate
from reports.compare.limits import judge_limit
from reports.compare.metrics import ComparedMetric

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.bracket import Bracket
    from reports.compare.limits import Limit
    from reports.compare.sides import Side
    from reports.locale.message import Message
    from reports.verdict import Verdict, VerdictValue

# What is compared by default, of each kind of request and connection.
COMPARED = (
    ("outage", "median"),
    ("good", "median"),
    ("recovery", "median"),
    ("availability", "min"),
)
Conclusion = Literal["worse", "better", "nothing", "too few trials"]


@dataclass(frozen=True)
class Change:
    """A metric on both sides, and the intervals of its change; None with too few trials."""

    metric: ComparedMetric
    a: Bracket
    b: Bracket
    a_trials: int
    b_trials: int
    difference: Bracket | None
    ratio: Bracket | None

    @property
    def conclusion(self) -> Conclusion:
        """What the interval of the difference shows: it lies on one side of zero, or not."""
        if self.difference is None:
            return "too few trials"
        more, less = self.difference.lower > 0, self.difference.upper < 0
        worse, better = (more, less) if self.metric.measure.more_is_worse else (less, more)
        return "worse" if worse else "better" if better else "nothing"


@dataclass(frozen=True)
class VerdictChange:
    """An expectation whose verdict is not the same on both sides; None on a side without it."""

    experiment: str
    id: str
    a: VerdictValue | None
    b: VerdictValue


@dataclass(frozen=True)
class Comparison:
    """Two sides, compared. `differs`: in what their settings differ. `verdicts`: of each limit."""

    a: Side
    b: Side
    differs: list[Message]
    changes: list[Change]
    changed_verdicts: list[VerdictChange]
    verdicts: list[Verdict]


def compare(a: Side, b: Side, limits: Sequence[Limit]) -> Comparison:
    """Compare two sides: every experiment and series that both have."""
    return Comparison(
        a,
        b,
        differs=differences(a, b),
        changes=[
            _change(ComparedMetric(experiment, probe, connection, figure, statistic), a, b)
            for experiment, probe, connection in _common(a, b)
            for figure, statistic in COMPARED
        ],
        changed_verdicts=[
            VerdictChange(*key, a.verdicts.get(key), verdict)
            for key, verdict in b.verdicts.items()
            if a.verdicts.get(key) != verdict
        ],
        verdicts=[judge_limit(limit, a, b) for limit in limits],
    )


def _common(a: Side, b: Side) -> list[tuple[str, str, str]]:
    """Return experiment, probe and connection of the requests that both sides measured."""
    keys = ["experiment", "probe", "connection"]
    of_a, of_b = (
        list(dict.fromkeys(side.rows[keys].itertuples(index=False, name=None)))
        if len(side.rows)
        else []
        for side in (a, b)
    )
    return [key for key in of_a if key in of_b and key[1] in ("read", "write")]


def _change(metric: ComparedMetric, a: Side, b: Side) -> Change:
    statistic = metric.statistic
    of_a, of_b = a.values(metric, metric.experiment), b.values(metric, metric.experiment)
    return Change(
        metric,
        a=estimate(statistic, *of_a),
        b=estimate(statistic, *of_b),
        a_trials=len(of_a[0]),
        b_trials=len(of_b[0]),
        difference=change("difference", statistic, of_a, of_b),
        ratio=change("ratio", statistic, of_a, of_b),
    )
