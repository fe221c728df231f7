"""Two sides, compared: every metric with its change, verdicts that changed, limits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import stats

from reports.bracket import Bracket
from reports.compare.differences import differences, incomparable
from reports.compare.judging import judge_limits
from reports.compare.metrics import ComparedMetric
from reports.compare.power import LEAST_TRIALS
from reports.compare.shift import (
    LEVEL,
    estimate,
    has_ratio,
    interval,
    median,
    p_passed,
)
from reports.compare.turns import turns_remark
from reports.locale.message import message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.compare.limits import Limit
    from reports.compare.metrics import Statistic
    from reports.compare.sides import Side
    from reports.compare.trial_values import TrialValues
    from reports.locale.message import Message
    from reports.verdict import Verdict, VerdictValue

# What is compared by default, of each kind of request and connection.
COMPARED: tuple[tuple[str, Statistic], ...] = (
    ("outage", "shift"),
    ("outage", "max"),
    ("good", "shift"),
    ("recovery", "shift"),
    ("availability", "shift"),
    ("availability", "min"),
)
Conclusion = Literal["worse", "better", "nothing", "too few trials", "not the same", "as measured"]


@dataclass(frozen=True)
class Shift:
    """A change from A to B: its estimate and interval (95 %).

    `p_value`: how likely so much of a change is by chance, up (`more`) or down.
    """

    estimate: Bracket
    interval: Bracket
    more: bool
    p_value: float


@dataclass(frozen=True)
class Change:
    """A metric on both sides. `a`, `b`: the medians over trials, of an extreme the extremes.

    `difference`, `ratio`: None where there are too few trials, or what was measured is not the same
    thing; of an extreme, which has no interval; the ratio of shares and of values that are short
    beside their brackets.
    """

    metric: ComparedMetric
    a: Bracket
    b: Bracket
    a_trials: int
    b_trials: int
    difference: Shift | None
    ratio: Shift | None
    conclusion: Conclusion


@dataclass(frozen=True)
class VerdictChange:
    """An expectation whose verdict is not the same on both sides; None on a side without it."""

    experiment: str
    id: str
    a: VerdictValue | None
    b: VerdictValue | None


@dataclass(frozen=True)
class Comparison:
    """Two sides, compared. `differs`: in what their settings differ. `verdicts`: of each limit.

    `remarks`: what makes the figures less sure than they look.
    """

    a: Side
    b: Side
    differs: list[Message]
    remarks: list[Message]
    changes: list[Change]
    changed_verdicts: list[VerdictChange]
    verdicts: list[Verdict]


def compare(a: Side, b: Side, limits: Sequence[Limit]) -> Comparison:
    """Compare two sides: every experiment and series that both have."""
    expectations = dict.fromkeys([*a.verdicts, *b.verdicts])
    return Comparison(
        a,
        b,
        differs=differences(a, b),
        remarks=[remark for remark in (turns_remark(a, b), _scarce_remark(a, b)) if remark],
        changes=_changes(a, b),
        changed_verdicts=[
            VerdictChange(*key, a.verdicts.get(key), b.verdicts.get(key))
            for key in expectations
            if a.verdicts.get(key) != b.verdicts.get(key)
        ],
        verdicts=judge_limits(limits, a, b),
    )


def _scarce_remark(a: Side, b: Side) -> Message | None:
    """Return a remark where any trial had hardly enough processors, None where all had."""
    if not a.scarce + b.scarce:
        return None
    return message(
        "scarce-trials-of-sides",
        of_a=a.scarce,
        all_a=a.trials_planned,
        of_b=b.scarce,
        all_b=b.trials_planned,
    )


def _changes(a: Side, b: Side) -> list[Change]:
    """Return every metric with its change. What is shown by them is so for all rows together.

    Of rows that show a change at most 5 % are chance, and where nothing changed 95 % of comparisons
    show nothing: Y. Benjamini, Y. Hochberg, Controlling the False Discovery Rate, 1995.
    """
    rows = [
        _change(ComparedMetric(subject, probe, connection, figure, statistic), a, b)
        for subject, probe, connection in _common(a, b)
        for figure, statistic in COMPARED
    ]
    tested = [change.difference.p_value for change in rows if change.difference]
    adjusted = iter(stats.false_discovery_control(tested) if tested else [])
    return [
        replace(change, conclusion=_shown(change, next(adjusted))) if change.difference else change
        for change in rows
    ]


def _common(a: Side, b: Side) -> list[tuple[str, str, str]]:
    """Return subject, probe and connection of the requests that both sides measured."""
    keys = ["subject", "probe", "connection"]
    of_a, of_b = (
        list(dict.fromkeys(side.rows[keys].itertuples(index=False, name=None)))
        if len(side.rows)
        else []
        for side in (a, b)
    )
    return [key for key in of_a if key in of_b and key[1] in ("read", "write")]


def _change(metric: ComparedMetric, a: Side, b: Side) -> Change:
    of_a, of_b = a.values(metric, metric.experiment), b.values(metric, metric.experiment)
    seen = _extreme if metric.is_extreme else _median
    conclusion: Conclusion = "nothing"
    if metric.is_extreme:
        conclusion = "as measured"
    elif incomparable(metric, metric.experiment, a, b):
        conclusion = "not the same"
    elif min(len(of_a), len(of_b)) < LEAST_TRIALS:
        conclusion = "too few trials"
    compared = conclusion == "nothing"
    has_seconds = metric.measure.unit == "s"
    return Change(
        metric,
        a=seen(metric, of_a),
        b=seen(metric, of_b),
        a_trials=len(of_a),
        b_trials=len(of_b),
        difference=_shift("difference", of_a, of_b) if compared else None,
        ratio=_shift("ratio", of_a, of_b) if compared and has_seconds and has_ratio(of_a) else None,
        conclusion=conclusion,
    )


def _median(_: ComparedMetric, trials: TrialValues) -> Bracket:
    return median(trials)


def _extreme(metric: ComparedMetric, trials: TrialValues) -> Bracket:
    if not len(trials):
        return Bracket(np.nan, np.nan)
    over = np.max if metric.statistic == "max" else np.min
    return Bracket(float(over(trials.lower)), float(over(trials.upper)))


def _shift(form: Literal["difference", "ratio"], a: TrialValues, b: TrialValues) -> Shift:
    nothing = 1.0 if form == "ratio" else 0.0
    larger, smaller = (p_passed(form, a, b, nothing, above=above) for above in (True, False))
    return Shift(
        estimate=estimate(form, a, b),
        interval=interval(form, a, b),
        more=larger < smaller,
        p_value=min(1.0, 2 * min(larger, smaller)),
    )


def _shown(change: Change, adjusted: float) -> Conclusion:
    """Return what a change shows; `adjusted`: its p-value, adjusted for that of all others."""
    if change.difference is None or adjusted > LEVEL:
        return "nothing"
    return "worse" if change.difference.more == change.metric.measure.more_is_worse else "better"
