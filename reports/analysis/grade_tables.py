"""The tables of grades and costs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from reports.analysis.accounts import FAULT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.analysis.fault_grades import Estimate, FaultGrade
    from reports.analysis.series_cost import InjectionCosts
    from reports.bracket import Bracket

TRIAL_COST_COLUMNS = (
    *("trial", *FAULT, "together", "hold_s", "probe", "worker", "connection", "total", "bad"),
    *("baseline_total", "baseline_bad", "grade", "lost_lower_s", "lost_upper_s"),
    *("bad_share_lower", "bad_share_upper", "affected_lower_s", "affected_upper_s", "bound"),
)
ESTIMATE_COLUMNS = ("median_lower", "median_upper", "ci_low", "ci_high", "max_lower", "max_upper")
# what is estimated, and its unit as a name ends
ESTIMATED = {"lost": "_s", "bad_share": "", "affected": "_s"}
COST_COLUMNS = (
    *(*FAULT, "probe", "connection", "grade", "n", "graded_so", "left_out"),
    *(f"{name}_{end}{unit}" for name, unit in ESTIMATED.items() for end in ESTIMATE_COLUMNS),
    *("bounds", "bound"),
)
GRADE_COLUMNS = (
    *(*FAULT, "grade", "at_least", "n", "graded_so", "left_out", "unknown", "single", "together"),
    *("worst_probe", "worst_connection"),
)


def trial_cost_table(injections: Sequence[InjectionCosts]) -> pd.DataFrame:
    """Return one row (TRIAL_COST_COLUMNS) a trial, injection and series of a worker."""
    rows = [
        (
            *(costs.trial, costs.experiment, costs.injection, costs.fault, costs.target),
            *("+".join(costs.together), costs.hold_s),
            *(series.probe, series.worker, series.connection, series.total, series.bad),
            *(series.baseline.total, series.baseline.bad, series.grade),
            *_ends(series.lost_s),
            *_ends(series.bad_share),
            *_ends(series.affected_s),
            series.bound or "",
        )
        for costs in injections
        for series in costs.series
    ]
    return pd.DataFrame(rows, columns=list(TRIAL_COST_COLUMNS))


def cost_table(grades: Sequence[FaultGrade]) -> pd.DataFrame:
    """Return one row (COST_COLUMNS) an injection, probe and connection over all trials."""
    rows = [
        (
            *(grade.experiment, grade.injection, grade.fault, grade.target, *cost.kind),
            *(cost.grade, cost.n, cost.graded_so, grade.left_out),
            *_estimated(cost.lost_s),
            *_estimated(cost.bad_share),
            *_estimated(cost.affected_s),
            *(cost.bounds, cost.bound or ""),
        )
        for grade in grades
        for cost in grade.costs
    ]
    return pd.DataFrame(rows, columns=list(COST_COLUMNS))


def grade_table(grades: Sequence[FaultGrade]) -> pd.DataFrame:
    """Return one row (GRADE_COLUMNS) an injection over all trials, and which series is the worst.

    `grade` is "" where nothing is known; `at_least`: it may be worse.
    """
    rows = [
        (
            *(grade.experiment, grade.injection, grade.fault, grade.target),
            *(grade.grade or "", grade.is_at_least, grade.n, grade.graded_so, grade.left_out),
            *(grade.unknown or "", grade.single, "+".join(grade.together)),
            *(grade.costs[0].kind if grade.costs else ("", "")),
        )
        for grade in grades
    ]
    return pd.DataFrame(rows, columns=list(GRADE_COLUMNS))


def _estimated(estimate: Estimate | None) -> list[float]:
    brackets = (estimate.median, estimate.interval, estimate.worst) if estimate else (None,) * 3
    return [end for bracket in brackets for end in _ends(bracket)]


def _ends(bracket: Bracket | None) -> tuple[float, float]:
    return (bracket.lower, bracket.upper) if bracket else (math.nan, math.nan)
