"""Before B is run: how many trials a limit needs, from how much the trials of A differ."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.compare.judging import worth_finding
from reports.compare.power import deviation, power_to_keep, power_to_pass
from reports.compare.shift import has_ratio
from reports.errors import ReportError
from reports.locale.message import message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.compare.limits import Amount, Limit
    from reports.compare.sides import Side
    from reports.locale.message import Message

# Two trials differ by something; fewer say nothing about that.
LEAST_TRIALS_OF_A = 2


@dataclass(frozen=True)
class LimitPlan:
    """How many trials a side a limit needs in a subject (an experiment, or an injection of it).

    `trials`: of A, from which this is computed. `deviation`: of one, of its logarithm for a ratio.
    `detect`: the true change, or the true median of B alone, that `needed_to_find` trials find;
    with `needed_to_keep` a B like A is shown to keep the limit. None: no number of trials does.
    `unknown`: why nothing can be said, None where something can.
    """

    limit: Limit
    subject: str
    trials: int
    deviation: float = math.nan
    detect: float = math.nan
    needed_to_find: int | None = None
    needed_to_keep: int | None = None
    unknown: Message | None = None


def plan_limits(limits: Sequence[Limit], detect: Amount | None, a: Side) -> list[LimitPlan]:
    """Return a plan of each limit and subject of A, as if all are tested in one comparison.

    `detect`: the change to be found, of the form of every limit. Raises ReportError.
    """
    wanted = [(limit, subject) for limit in limits for subject in a.subjects_of(limit.metric)]
    for limit in limits:
        if detect and detect.form != limit.form:
            raise ReportError(message("detect-of-another-form", limit=limit.text))
        if detect and (detect.number > limit.number) != limit.above:
            raise ReportError(message("detect-within-limit", limit=limit.text))
        if all(limit is not planned for planned, _ in wanted):
            experiment = limit.metric.experiment or message("any-experiment")
            raise ReportError(message("nothing-to-plan", limit=limit.text, experiment=experiment))
    return [_plan(limit, subject, detect, a, len(wanted)) for limit, subject in wanted]


def _plan(limit: Limit, subject: str, detect: Amount | None, a: Side, tests: int) -> LimitPlan:
    form, trials = limit.form, a.values(limit.metric, subject)
    if len(trials) < LEAST_TRIALS_OF_A:
        few = message("too-few-to-plan", needed=LEAST_TRIALS_OF_A)
        return LimitPlan(limit, subject, len(trials), unknown=few)
    if form == "ratio" and not has_ratio(trials):
        unit = limit.metric.measure.unit
        short = message("ratio-of-short-values", width=trials.width, unit=unit)
        return LimitPlan(limit, subject, len(trials), unknown=short)
    true = detect.number if detect else worth_finding(limit, trials)
    # a B like A has its median
    same = float(np.median(trials.most)) if limit.unchanged is None else limit.unchanged
    numbers, above = (form, trials, limit.number), limit.above
    return LimitPlan(
        limit,
        subject,
        len(trials),
        deviation(form, trials),
        true,
        power_to_pass(*numbers, true, above=above, tests=tests).trials_needed(),
        power_to_keep(*numbers, same, above=above).trials_needed(),
    )
