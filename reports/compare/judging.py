"""Limits, judged in three values over all experiments of a comparison: passed, kept, or unknown.

A limit is passed in an experiment when the test of Holm's procedure over all limits and experiments
rejects that it is not; it is kept when in every experiment its own test rejects that it is passed.
All else is unknown, with the chance there was to find out, and how many trials that takes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reports.compare.differences import incomparable
from reports.compare.power import LEAST_TRIALS, deviation, power_to_keep, power_to_pass
from reports.compare.shift import (
    LEVEL,
    estimate,
    has_ratio,
    interval,
    median,
    p_endless,
    p_kept,
    p_passed,
    passed,
)
from reports.locale.message import joined, message
from reports.verdict import Verdict, worst

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.compare.limits import Limit
    from reports.compare.power import Power
    from reports.compare.sides import Side
    from reports.compare.trial_values import TrialValues
    from reports.locale.message import Message
    from reports.verdict import VerdictValue

FORMS = {"ratio": "B / A", "difference": "B - A", "value": "B"}


@dataclass(frozen=True)
class LimitTest:
    """A limit in a subject (an experiment, or an injection of it).

    `doubt`: why it is not tested, None where it is. `passed`: whether the tests of the whole
    comparison together say so. `tests`: how many those are.
    """

    limit: Limit
    subject: str
    a: TrialValues
    b: TrialValues
    doubt: Message | None
    passed: bool = False
    tests: int = 1

    @property
    def is_short(self) -> bool:
        """Whether it is a ratio of values too near to the period of the probes to have one."""
        return self.limit.form == "ratio" and not has_ratio(self.a)

    def p_passed(self) -> float:
        """Return how likely its trials are at most if the limit is not passed."""
        limit, a, b = self.limit, self.a, self.b
        if not self.is_short:
            return p_passed(limit.form, a, b, limit.number, above=limit.above)
        # what has no end is longer than any multiple of a short one
        return p_endless(limit.form, a, b, limit.number) if limit.above else 1.0

    def judged(self) -> tuple[VerdictValue, Message]:
        """Return whether the limit is kept, with what decides it, or why nothing does."""
        if self.doubt:
            return "unknown", self.doubt
        if self.passed:
            return "violated", self._measured()
        if self.is_short:
            unit = self.limit.metric.measure.unit
            short = message("ratio-of-short-values", width=self.a.width, unit=unit)
            return "unknown", message("labelled", name=self.subject, text=short)
        limit = self.limit
        if p_kept(limit.form, self.a, self.b, limit.number, above=limit.above) > LEVEL:
            return "unknown", joined(self._measured(), *self._chances())
        # a trial that never recovered is in no way better than one of A
        return "unknown" if self.b.endless else "holds", self._measured()

    def _measured(self) -> Message:
        """Return what was measured, and how many trials speak against any answer."""
        unit = self.limit.metric.measure.unit
        if self.limit.form == "value":
            middle = median(self.b)
            notes = [message("median-of-b", experiment=self.subject, median=str(middle), unit=unit)]
        else:
            between = interval(self.limit.form, self.a, self.b)
            shift = message(
                "shift-measured",
                experiment=self.subject,
                form=FORMS[self.limit.form],
                estimate=estimate(self.limit.form, self.a, self.b).text(".3g"),
                lower=between.lower,
                upper=between.upper,
                unit="x" if self.limit.form == "ratio" else unit,
            )
            notes = [shift]
        if self.b.endless:
            notes.append(message("never-recovered", count=self.b.endless))
        if self.a.unmeasured or self.b.unmeasured:
            counts = {"a": self.a.unmeasured, "b": self.b.unmeasured}
            notes.append(message("unmeasured-count", **counts))
        return joined(*notes)

    def _chances(self) -> list[Message]:
        """Return how likely it was that such trials decide, if B is worse, and if it is as A."""
        limit = self.limit
        trials = self.b if limit.form == "value" else self.a
        chances = []
        if true := worth_finding(limit, trials):
            finds = power_to_pass(
                limit.form, trials, limit.number, true, above=limit.above, tests=self.tests
            )
            chances.append(self._chance("chance-to-find", finds, true))
        if limit.unchanged is not None:
            keeps = power_to_keep(
                limit.form, trials, limit.number, limit.unchanged, above=limit.above
            )
            chances.append(self._chance("chance-to-keep", keeps, limit.unchanged))
        return chances

    def _chance(self, key: str, power: Power, true: float) -> Message:
        needed = power.trials_needed()
        return message(
            key,
            true=replace(self.limit.amount, number=true).text(self.limit.metric.measure.unit),
            chance=power.chance(len(self.a), len(self.b)),
            needed=message("trials-needed", count=needed) if needed else message("never-enough"),
        )


def worth_finding(limit: Limit, trials: TrialValues) -> float:
    """Return a change beyond the limit; of a limit of nothing, as much as trials differ by.

    0 where they do not differ.
    """
    if limit.number:
        return limit.beyond()
    spread = deviation(limit.form, trials)
    return 0.0 if math.isnan(spread) else spread * (1 if limit.above else -1)


def judge_limits(limits: Sequence[Limit], a: Side, b: Side) -> list[Verdict]:
    """Judge limits over every experiment that they are about: the worst decides."""
    tests = decided([test for limit in limits for test in _tests(limit, a, b)])
    return [_verdict(limit, [test for test in tests if test.limit is limit]) for limit in limits]


def decided(tests: Sequence[LimitTest]) -> list[LimitTest]:
    """Return all tests of a comparison with which of them are passed, decided together."""
    done = [test.p_passed() for test in tests if not test.doubt]
    rejected = iter(passed(done))
    return [
        test if test.doubt else replace(test, passed=next(rejected), tests=len(done))
        for test in tests
    ]


def _tests(limit: Limit, a: Side, b: Side) -> list[LimitTest]:
    metric, alone = limit.metric, limit.form == "value"
    tests = []
    for subject in dict.fromkeys([*a.subjects_of(metric), *b.subjects_of(metric)]):
        of_a, of_b = a.values(metric, subject), b.values(metric, subject)
        doubt = None
        if not alone or subject not in b.subjects_of(metric):
            doubt = incomparable(metric, subject, a, b)
        fewest = len(of_b) if alone else min(len(of_a), len(of_b))
        if doubt is None and fewest < LEAST_TRIALS:
            counts = {"a": len(of_a), "b": len(of_b), "needed": LEAST_TRIALS}
            doubt = message("trials-of-sides", experiment=subject, **counts)
        tests.append(LimitTest(limit, subject, of_a, of_b, doubt))
    return tests


def _verdict(limit: Limit, tests: Sequence[LimitTest]) -> Verdict:
    if not tests:
        experiment = limit.metric.experiment or message("any-experiment")
        note = message("no-common-trials", experiment=experiment)
        return Verdict(limit.text, "compare", "unknown", note)
    judged = [test.judged() for test in tests]
    decisive = worst(verdict for verdict, _ in judged)
    notes = [note for verdict, note in judged if verdict == decisive]
    return Verdict(limit.text, "compare", decisive, joined(*notes))
