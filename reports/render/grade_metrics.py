"""Grades and costs for OpenMetrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import Enum, Gauge

from reports.grade import GRADES
from reports.locale.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prometheus_client import CollectorRegistry

    from reports.analysis.fault_grades import FaultGrade

OF_FAULT = ("experiment", "injection")
OF_SERIES = (*OF_FAULT, "probe", "connection")
ENDS = {"lower": "lower end", "upper": "upper end, +Inf where only a lower one is known"}


def register_grades(registry: CollectorRegistry, grades: Sequence[FaultGrade]) -> None:
    """Register the grade of each fault and its costs of each series; none where it has none."""
    graded = {(grade.experiment, grade.injection): grade.grade for grade in grades if grade.grade}
    if graded:
        states = Enum(
            "halab_grade", "The worst grade of a fault", OF_FAULT, states=GRADES, registry=registry
        )
        for fault, grade_name in graded.items():
            states.labels(*map(printable, fault)).state(grade_name)
    costs = {
        (grade.experiment, grade.injection, *cost.kind): cost
        for grade in grades
        for cost in grade.costs
    }
    lost = {labels: cost.lost_s.median for labels, cost in costs.items() if cost.lost_s}
    bad = {labels: cost.bad_share.median for labels, cost in costs.items() if cost.bad_share}
    for name, about, medians in (
        ("halab_lost_median_{}_seconds", "Lost at onset and return", lost),
        ("halab_bad_share_median_{}_ratio", "Bad while a fault lasts", bad),
    ):
        for end, meaning in ENDS.items() if medians else ():
            gauge = Gauge(name.format(end), f"{about}, {meaning}", OF_SERIES, registry=registry)
            for labels, median in medians.items():
                gauge.labels(*map(printable, labels)).set(getattr(median, end))
