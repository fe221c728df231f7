"""The grade and the cost of each fault of a run, over its trials."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from reports.analysis.statistics import median_interval
from reports.analysis.turnbull import turnbull
from reports.bracket import Bracket
from reports.grade import GRADES, worst_grade

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reports.analysis.series_cost import InjectionCosts, SeriesCost
    from reports.grade import Grade
    from reports.locale.message import Message

NOT_KNOWN = Bracket(math.nan, math.nan)


@dataclass(frozen=True)
class Estimate:
    """A median over trials with its 95 % interval, None below 6 trials, and the worst trial.

    The upper ends are infinite where trials show only that it is at least so much.
    """

    median: Bracket
    interval: Bracket | None
    worst: Bracket


@dataclass(frozen=True)
class FaultCost:
    """What a fault cost the clients of one kind of series, in each trial its worst worker.

    `n`: trials. `graded_so`: in how many of them it had this grade. `lost_s`, `bad_share`: of a
    hold of T seconds the cost is lost_s + bad_share * T; None where no plateau was seen.
    `affected_s`: for how long requests were bad. `all_bad`: the largest share of bad
    requests of all. `bounds`: in how many trials the cost was at least so much; `bound`: why, in
    the first of them. `is_open`: in a trial more may have been bad than was observed.
    """

    probe: str
    connection: str
    grade: Grade
    n: int
    graded_so: int
    lost_s: Estimate | None
    bad_share: Estimate | None
    affected_s: Estimate | None
    all_bad: float
    bounds: int
    bound: Message | None
    is_open: bool

    @property
    def kind(self) -> tuple[str, str]:
        """The probe and the connection."""
        return self.probe, self.connection


@dataclass(frozen=True)
class FaultGrade:
    """A fault of an experiment over its trials. `grade`: the worst, None where nothing is known.

    `n`: trials that were graded. `graded_so`: how many of them had this grade. `left_out`: how many
    trials were not; `unknown`: why, of the first. `costs`: by series, the worst first. `single`: it
    hit a single node, and nothing else was in effect. `together`: what was.
    """

    experiment: str
    injection: str
    fault: str
    target: str
    grade: Grade | None
    n: int
    graded_so: int
    left_out: int
    unknown: Message | None
    costs: tuple[FaultCost, ...]
    single: bool
    together: tuple[str, ...]

    @property
    def is_at_least(self) -> bool:
        """Whether it may be worse: more requests may have been bad than was observed."""
        return self.grade != GRADES[0] and any(cost.is_open for cost in self.costs)


def fault_grades(injections: Sequence[InjectionCosts]) -> list[FaultGrade]:
    """Return the grade of each fault, in the order in which they first stand there."""
    same: dict[tuple[str, str], list[InjectionCosts]] = {}
    for costs in injections:
        same.setdefault(costs.fault_id, []).append(costs)
    return [_fault_grade(trials) for trials in same.values()]


def _fault_grade(trials: Sequence[InjectionCosts]) -> FaultGrade:
    measured = [trial for trial in trials if trial.series]
    of_trials = [worst_grade(series.grade for series in trial.series) for trial in measured]
    grade = worst_grade(of_trials) if of_trials else None
    named = measured or trials
    together = dict.fromkeys(other for trial in named for other in trial.together)
    kinds = dict.fromkeys(series.kind for trial in measured for series in trial.series)
    costs = [_fault_cost(kind, measured) for kind in kinds]
    return FaultGrade(
        experiment=named[0].experiment,
        injection=named[0].injection,
        fault=named[0].fault,
        target=named[0].target,
        grade=grade,
        n=len(measured),
        graded_so=of_trials.count(grade) if grade else 0,
        left_out=len(trials) - len(measured),
        unknown=next(filter(None, (trial.unknown for trial in trials)), None),
        costs=tuple(sorted(costs, key=lambda cost: (GRADES.index(cost.grade), -cost.all_bad))),
        single=not together and all(trial.nodes_hit <= 1 for trial in named),
        together=tuple(together),
    )


def _fault_cost(kind: tuple[str, str], trials: Sequence[InjectionCosts]) -> FaultCost:
    """Return the cost of one kind of series; the worst worker of a trial stands for the trial."""
    workers = [[series for series in trial.series if series.kind == kind] for trial in trials]
    workers = [of_trial for of_trial in workers if of_trial]
    of_trials = [worst_grade(series.grade for series in part) for part in workers]
    grade = worst_grade(of_trials)
    bounds = [next(filter(None, (series.bound for series in part)), None) for part in workers]
    return FaultCost(
        probe=kind[0],
        connection=kind[1],
        grade=grade,
        n=len(workers),
        graded_so=of_trials.count(grade),
        lost_s=_estimate(workers, lambda series: series.lost_s),
        bad_share=_estimate(workers, lambda series: series.bad_share),
        affected_s=_estimate(workers, lambda series: series.affected_s),
        all_bad=max(series.bad / series.total for part in workers for series in part),
        bounds=sum(bound is not None for bound in bounds),
        bound=next(filter(None, bounds), None),
        is_open=any(series.open_end for part in workers for series in part),
    )


def _estimate(
    workers: Sequence[Sequence[SeriesCost]], value: Callable[[SeriesCost], Bracket]
) -> Estimate | None:
    """Estimate a value over trials from the largest of each trial's workers; None without any."""
    each = [[value(series) for series in part] for part in workers]
    largest = [_largest(part) for part in each]
    known = [bracket for bracket in largest if not math.isnan(bracket.lower)]
    if not known:
        return None
    lower = np.array([bracket.lower for bracket in known])
    upper = np.array([bracket.upper for bracket in known])
    low, high = (median_interval(pd.Series(ends)) for ends in (lower, upper))
    return Estimate(
        median=Bracket(*turnbull(lower, upper).quantile(0.5)),
        interval=Bracket(low[0], high[1]) if low and high else None,
        worst=Bracket.largest(known),
    )


def _largest(brackets: Sequence[Bracket]) -> Bracket:
    """Return between which ends the largest lies; what was not measured does not count."""
    known = [bracket for bracket in brackets if not math.isnan(bracket.lower)]
    return Bracket.largest(known) if known else NOT_KNOWN
