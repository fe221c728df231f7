"""What was wrong in compare, and is right: from ../shared/cases/verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from reports.compare.comparison import compare
from reports.compare.judging import LimitTest, decided
from reports.compare.limits import parse_limit
from reports.compare.reading import read_side
from reports.compare.trial_values import TrialValues
from reports.errors import ReportError
from tests.net.made import KILL, NOT_STEADY, READ, Made, events_of, write
from tests.net.right import Right

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    Trials = Mapping[str, Sequence[Made]]

SHORT = "." * 20 + "x" * 5 + "." * 35
SLOW = "." * 20 + "x" * 25 + "." * 15
NEVER_BACK = "." * 20 + "x" * 40
LONG = Made({READ: "." * 20 + "x" * 80 + "." * 20}, events_of(heal_s=10.0, end_s=12.0))


def six(text: str, **about: Any) -> list[Made]:
    return [Made({READ: text}, **about)] * 6


def verdict(text: str, a: Trials, b: Trials) -> Callable[[Path], Any]:
    """Return what finds the verdict on a limit."""

    def value(path: Path) -> Any:
        sides = (read_side(write(path / name, trials)) for name, trials in (("a", a), ("b", b)))
        (judged,) = compare(*sides, [parse_limit(text)]).verdicts
        return judged.verdict

    return value


def other_hold(path: Path) -> Any:
    """Return what is said of faults held for 2 s and for 8 s: a difference, and the verdict."""
    a = write(path / "a", {KILL: six("." * 20 + "x" * 20 + "." * 20)}, for_s=2.0)
    b = write(path / "b", {KILL: [LONG] * 6}, for_s=8.0)
    found = compare(read_side(a), read_side(b), [parse_limit("read.outage > 9x")])
    return bool(found.differs), found.verdicts[0].verdict


def of_limit(text: str) -> Callable[[Path], Any]:
    """Return what finds whether a limit is refused, and names what to write instead."""

    def value(_: Path) -> Any:
        try:
            parse_limit(text)
        except ReportError as error:
            return "refused, write" if "write" in str(error) else "refused"
        return "taken"

    return value


def changed_by_chance(text: str, draw: Callable[[Any], TrialValues]) -> Callable[[Path], Any]:
    """Return what finds whether, of 200 comparisons of a distribution with itself, 6 % alarm."""

    def value(_: Path) -> Any:
        chance, limit = np.random.default_rng(0), parse_limit(text)
        tests = (LimitTest(limit, KILL, draw(chance), draw(chance), None) for _ in range(200))
        alarms = sum(decided([test])[0].judged()[0] == "violated" for test in tests)
        return alarms <= 12

    return value


def shares(chance: Any) -> TrialValues:
    share = 1 - chance.uniform(1, 2, 10) / 30
    return TrialValues(share, share)


def skewed_outages(chance: Any) -> TrialValues:
    lower_s = np.maximum(0, chance.lognormal(0, 0.8, 10) - chance.uniform(0, 0.1, 10))
    return TrialValues(lower_s, lower_s + 0.1)


BOTH = {"kill-a": six(SHORT), "kill-b": six(SHORT)}
GONE = six(NEVER_BACK, doubt=NOT_STEADY)
HALF_GONE = BOTH | {"kill-b": [*six(SHORT), *GONE, *GONE, *GONE[:2]]}
NO_PROBES = [Made({READ: SHORT[:30]})] * 6
OUTAGE, AVAILABILITY = "read.outage > +0.5s", "read.availability < -0.01"
RECOVERY = "read.recovery > +0.1s"

CASES = [
    # r_compare C1: all trials of kill-b never recovered, and were left out
    Right("C1 outage", verdict(OUTAGE, BOTH, BOTH | {"kill-b": GONE}), "violated"),
    Right("C1 availability", verdict(AVAILABILITY, BOTH, BOTH | {"kill-b": GONE}), "violated"),
    # C2: 14 of 20 trials voted by absence
    Right("C2 outage", verdict(OUTAGE, BOTH, HALF_GONE), "violated"),
    # C3: evidence whole, bad to the last probe: its recovery was filled with 0, and "better"
    Right("C3 recovery", verdict(RECOVERY, {KILL: six(SLOW)}, {KILL: six(NEVER_BACK)}), "violated"),
    # siblings: one that never came back keeps no limit, however wide
    Right(
        "one never back",
        verdict("read.outage > +9s", {KILL: six(SHORT)}, {KILL: [*six(SHORT), *GONE[:1]]}),
        "unknown",
    ),
    Right(
        "one never back, shares",
        verdict("read.good < -0.9", {KILL: six(SHORT)}, {KILL: [*six(SHORT), *GONE[:1]]}),
        "unknown",
    ),
    # an experiment that only one side has was not judged
    Right("in A only", verdict("read.outage > +9s", BOTH, {"kill-a": six(SHORT)}), "unknown"),
    Right("in B only", verdict("read.outage > +9s", {"kill-a": six(SHORT)}, BOTH), "unknown"),
    # trials that were planned and not measured voted by absence
    Right(
        "half of B was not measured",
        verdict("read.outage > +9s", {KILL: six(SHORT)}, {KILL: [*six(SHORT), *NO_PROBES]}),
        "unknown",
    ),
    # t20_misc C4: what is compared was broken for another time
    Right("C4 another hold", other_hold, (True, "unknown")),
    # t7_shown, t6_gate: a minimum or maximum has no interval, and was judged as if it had
    Right("a minimum is refused", of_limit("read.availability.min < -0.01"), "refused, write"),
    Right("a maximum is refused", of_limit("write.outage.max > 1.2x"), "refused, write"),
    Right("shares against themselves", changed_by_chance("read.good < -0.0001", shares), True),
    Right(
        "outages against themselves", changed_by_chance("write.outage > 1.0x", skewed_outages), True
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_compare_says_is_right(case, tmp_path):
    assert case.value(tmp_path / "run") == case.right
