"""What is wrong today in figures, verdicts and compare, pinned: issue 15 flips each of these.

From ../shared/cases/verdicts. `now` is what this tree says; `right` what it should. Where both are
the same the new structure has mended it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from reports.compare.comparison import compare
from reports.compare.estimates import change
from reports.compare.limits import parse_limit
from reports.compare.sides import read_side
from reports.history.events import EffectConfirmed, HealBegin, HealConfirmed
from reports.history.schema import Doubt
from reports.kinds.registry import judge
from reports.locale.message import verbatim
from tests.net.made import KILL, NOT_STEADY, READ, Made, events_of, expectation, without, write
from tests.net.wrong import Wrong

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SHORT = "." * 20 + "x" * 5 + "." * 35
SLOW = "." * 20 + "x" * 25 + "." * 15
BACK = "." * 20 + "x" * 22 + "." * 18
NEVER_BACK = "." * 20 + "x" * 40
LAST_BAD = "." * 20 + "x" * 22 + "." * 17 + "x"
HOLE = "." * 20 + "xx" + " " * 20 + "." * 18
WELL = "." * 60
SERIES = f"{KILL}.read.new"
NO_EFFECT = Made(
    {READ: WELL},
    without(events_of(), EffectConfirmed, HealBegin, HealConfirmed),
    doubt=Doubt(kind="not-measured", reason=verbatim("kill was not confirmed: still answered")),
)


def rounded(value: Any) -> Any:
    return round(value, 6) if isinstance(value, float) and math.isfinite(value) else value


def figure(name: str, *trials: Made, **about: Any) -> Callable[[Path], Any]:
    """Return what finds a figure: its ends, or "unknown"."""

    def value(path: Path) -> Any:
        found = judge(write(path, {KILL: trials}, **about)).figures[name]
        ends = rounded(found.bracket.lower), rounded(found.bracket.upper)
        return "unknown" if found.unknown else ends

    return value


def verdict(*trials: Made, **demand: Any) -> Callable[[Path], Any]:
    """Return what finds the verdict on one demand."""

    def value(path: Path) -> Any:
        (verdict,) = judge(write(path, {KILL: trials}, expect=[expectation(**demand)])).verdicts
        return verdict.verdict

    return value


def recovery(*trials: Made, columns: str) -> Callable[[Path], Any]:
    """Return what finds columns of the one row of the table of recoveries; None: no value."""

    def value(path: Path) -> Any:
        (row,) = judge(write(path, {KILL: trials})).tables["recovery"].to_dict("records")
        return [
            None if row[column] != row[column] else rounded(row[column])
            for column in columns.split()
        ]

    return value


def workers(*texts: str) -> Made:
    return Made({("read", f"worker-{n}", "new"): text for n, text in enumerate(texts, 1)})


AFTER_HEAL = f"{SERIES}.all_good_after_heal_s"
MEDIAN = "n outage_median_lower_s outage_median_upper_s"
# nine workers without a fault, one without any answer while it was in
ONE_OF_TEN = workers(*[WELL] * 9, "." * 20 + "x" * 21 + "." * 19)
SLOWLY_CONFIRMED = Made(
    {READ: "." * 40 + "x" * 12 + "." * 38},
    events_of(begin_s=2.0, confirmed_s=4.0, heal_s=6.5, end_s=9.0),
)
SHARE = {"metric": "good_share", "during": "kill", "op": "at_least"}

SUITES = [
    # t2_neverback: one that never came back is censored, and may not read as an instant recovery
    Wrong("never back", figure(AFTER_HEAL, workers(NEVER_BACK)), (0.0, 0.0), (1.9, math.inf)),
    Wrong("last probe bad", figure(AFTER_HEAL, workers(LAST_BAD)), (0.0, 0.0), (1.9, math.inf)),
    Wrong(
        "one of two never back",
        figure(AFTER_HEAL, workers(BACK, NEVER_BACK)),
        (0.21, 0.21),
        (1.9, math.inf),
    ),
    Wrong(
        "median of one of two that never came back",
        recovery(workers(BACK, NEVER_BACK), columns="all_good_after_heal_median_s"),
        [0.21],
        [math.inf],
    ),
    # t3_unknown_in_table: not recovered is censored and stays in, as its outage does
    Wrong(
        "two of three trials not recovered",
        recovery(
            Made({READ: "." * 20 + "xx" + "." * 38}),
            *[Made({READ: NEVER_BACK}, doubt=NOT_STEADY)] * 2,
            columns=f"{MEDIAN} all_good_after_heal_median_s",
        ),
        [3, 3.9, math.inf, 0.0],
        [3, 3.9, math.inf, math.inf],
    ),
    # a dead prober measured nothing: its trial is left out, and counted as such
    Wrong(
        "a prober was dead in one of two trials",
        recovery(Made({READ: SHORT}), Made({READ: HOLE}), columns="n outage_max_upper_s"),
        [2, 2.3],
        [1, 0.6],
    ),
    # t3b_unconfirmed: a fault without an effect shows nothing; today: no outage, 100 % good
    Wrong(
        "two of three faults had no effect",
        recovery(
            Made({READ: "." * 20 + "x" * 15 + "." * 25}),
            NO_EFFECT,
            NO_EFFECT,
            columns=f"{MEDIAN} hold_good_share_median",
        ),
        [3, 0.0, 0.0, 1.0],
        [1, 1.4, 1.6, 0.25],
    ),
    # t15_verdicts V1: a window that is bad to the last probe has no end
    Wrong(
        "degraded to the end",
        verdict(Made({READ: NEVER_BACK}), metric="degraded_s", value=4.0),
        "holds",
        "unknown",
    ),
    Wrong(
        "figure of degraded to the end",
        figure(f"{SERIES}.degraded_s", Made({READ: NEVER_BACK})),
        (3.9, 3.9),
        (3.9, math.inf),
    ),
    # V2: the report promises the worst worker; all workers are pooled
    Wrong(
        "one of ten workers had nothing",
        verdict(ONE_OF_TEN, **SHARE, value=0.9),
        "holds",
        "violated",
    ),
    Wrong(
        "one of ten workers had nothing, to the end",
        verdict(ONE_OF_TEN, metric="good_share", op="at_least", value=0.9),
        "holds",
        "violated",
    ),
    # V3: one name, two definitions: verdicts begin at the confirmation, figures at the injection
    Wrong(
        "share from the confirmation",
        verdict(SLOWLY_CONFIRMED, **SHARE, value=0.6),
        "violated",
        "violated",
    ),
    Wrong(
        "figure of that share from the injection",
        figure(f"{SERIES}.hold_good_share", SLOWLY_CONFIRMED),
        (0.733333, 0.733333),
        (0.538462, 0.538462),
    ),
    # V5: worker-2 was served by nobody
    Wrong(
        "masters that served a worker without any answer",
        figure(f"{KILL}.masters_during", workers(WELL, NEVER_BACK)),
        (1.0, 1.0),
        (0.0, 0.0),
    ),
]


def gate(text: str, a: dict[str, list[Made]], b: dict[str, list[Made]], **about: Any) -> Any:
    def value(path: Path) -> Any:
        sides = [
            read_side(write(path / name, trials, **about))
            for name, trials in {"a": a, "b": b}.items()
        ]
        (found,) = compare(sides[0], sides[1], [parse_limit(text)]).verdicts
        return found.verdict

    return value


def six(text: str, **about: Any) -> list[Made]:
    return [Made({READ: text}, **about)] * 6


def holds_differ(path: Path) -> bool:
    """Whether compare says that the faults were held for 2 s and for 8 s."""
    long = Made({READ: "." * 20 + "x" * 80 + "." * 20}, events_of(heal_s=10.0, end_s=12.0))
    a = write(path / "a", {KILL: six("." * 20 + "x" * 20 + "." * 20)}, for_s=2.0)
    b = write(path / "b", {KILL: [long] * 6}, for_s=8.0)
    return bool(compare(read_side(a), read_side(b), []).differs)


BOTH = {"kill-a": six(SHORT), "kill-b": six(SHORT)}
GONE = six(NEVER_BACK, doubt=NOT_STEADY)
OUTAGE, AVAILABILITY = "read.outage.median > +0.5s", "read.availability.median < -0.01"
RECOVERY = "read.recovery.median > +0.1s"

COMPARE = [
    # r_compare C1: all trials of kill-b never recovered, and are left out
    Wrong("C1 outage", gate(OUTAGE, BOTH, BOTH | {"kill-b": GONE}), "holds", "violated"),
    Wrong(
        "C1 availability", gate(AVAILABILITY, BOTH, BOTH | {"kill-b": GONE}), "holds", "violated"
    ),
    # C2: 14 of 20 trials vote by absence
    Wrong(
        "C2 outage",
        gate(OUTAGE, BOTH, BOTH | {"kill-b": [*six(SHORT), *GONE, *GONE, *GONE[:2]]}),
        "holds",
        "violated",
    ),
    # C3: evidence whole, bad to the last probe: its recovery is filled with 0, and "better"
    Wrong(
        "C3 recovery",
        gate(RECOVERY, {KILL: six(SLOW)}, {KILL: six(NEVER_BACK)}),
        "holds",
        "violated",
    ),
    # t20_misc C4: what is compared was broken for another time
    Wrong("C4 another hold is said", holds_differ, True, True),
]


def decided_by_chance(text: str, draw: Callable[[Any], Any], times: int) -> Callable[[Path], Any]:
    """Return what counts the comparisons of a distribution with itself that are "violated"."""

    def value(_: Path) -> Any:
        chance, limit = np.random.default_rng(0), parse_limit(text)
        statistic = limit.metric.statistic
        found = [change(limit.form, statistic, draw(chance), draw(chance)) for _ in range(times)]
        return sum(change is not None and limit.judge(change) == "violated" for change in found)

    return value


def shares(chance: Any) -> tuple[Any, Any]:
    found = 1 - chance.uniform(1, 2, 10) / 30
    return found, found


def skewed_outages(chance: Any) -> tuple[Any, Any]:
    lower_s = np.maximum(0, chance.lognormal(0, 0.8, 10) - chance.uniform(0, 0.1, 10))
    return lower_s, lower_s + 0.1


EXTREMES = [
    # t7_shown, t6_gate: a minimum or maximum has no interval, and is judged as if it had
    Wrong(
        "minimum of shares against itself, of 100",
        decided_by_chance("read.availability.min < -0.0001", shares, 100),
        47,
        0,
    ),
    Wrong(
        "maximum of outages against itself, of 100",
        decided_by_chance("write.outage.max > 1.2x", skewed_outages, 100),
        39,
        0,
    ),
]


@pytest.mark.parametrize("wrong", [*SUITES, *COMPARE, *EXTREMES], ids=lambda case: case.name)
def test_what_is_wrong_today(wrong, tmp_path):
    assert wrong.value(tmp_path / "run") == wrong.now
