"""What was wrong in figures and verdicts of a suite, and is right (../shared/cases/verdicts)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from reports.history.events import EffectConfirmed, HealBegin, HealConfirmed
from reports.history.schema import Doubt
from reports.kinds.registry import judge
from reports.locale.message import verbatim
from tests.net.made import KILL, NOT_STEADY, READ, Made, events_of, expectation, without, write
from tests.net.right import Right

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SHORT = "." * 20 + "x" * 5 + "." * 35
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
AFTER_HEAL_MEDIAN = "all_good_after_heal_median_lower_s all_good_after_heal_median_upper_s"
MEDIAN = "n left_out outage_median_lower_s outage_median_upper_s"
# nine workers without a fault, one without any answer while it was in
ONE_OF_TEN = workers(*[WELL] * 9, "." * 20 + "x" * 21 + "." * 19)
SLOWLY_CONFIRMED = Made(
    {READ: "." * 40 + "x" * 12 + "." * 38},
    events_of(begin_s=2.0, confirmed_s=4.0, heal_s=6.5, end_s=9.0),
)
SHARE = {"metric": "good_share", "during": "kill", "op": "at_least"}

SUITES = [
    # t2_neverback: one that never came back is censored, and may not read as an instant recovery
    Right("never back", figure(AFTER_HEAL, workers(NEVER_BACK)), (1.9, math.inf)),
    Right("last probe bad", figure(AFTER_HEAL, workers(LAST_BAD)), (1.9, math.inf)),
    Right(
        "one of two never back",
        figure(AFTER_HEAL, workers(BACK, NEVER_BACK)),
        (1.9, math.inf),
    ),
    Right(
        "median of one of two that never came back",
        recovery(workers(BACK, NEVER_BACK), columns=AFTER_HEAL_MEDIAN),
        [1.9, math.inf],
    ),
    # t3_unknown_in_table: not recovered is censored and stays in, as its outage does
    Right(
        "two of three trials not recovered",
        recovery(
            Made({READ: "." * 20 + "xx" + "." * 38}),
            *[Made({READ: NEVER_BACK}, doubt=NOT_STEADY)] * 2,
            columns=f"{MEDIAN} {AFTER_HEAL_MEDIAN}",
        ),
        [3, 0, 3.9, math.inf, 1.9, math.inf],
    ),
    # a dead prober measured nothing: its trial is left out, and counted as such
    Right(
        "a prober was dead in one of two trials",
        recovery(Made({READ: SHORT}), Made({READ: HOLE}), columns="n left_out outage_max_upper_s"),
        [1, 1, 0.6],
    ),
    # t3b_unconfirmed: a fault without an effect shows nothing
    Right(
        "two of three faults had no effect",
        recovery(
            Made({READ: "." * 20 + "x" * 15 + "." * 25}),
            NO_EFFECT,
            NO_EFFECT,
            columns=f"{MEDIAN} good_share_during_median",
        ),
        [1, 2, 1.4, 1.6, 0.3],
    ),
    # t15_verdicts V1: a window that is bad to the last probe has no end
    Right(
        "degraded to the end",
        verdict(Made({READ: NEVER_BACK}), metric="degraded_s", value=4.0),
        "unknown",
    ),
    Right(
        "figure of degraded to the end",
        figure(f"{SERIES}.degraded_s", Made({READ: NEVER_BACK})),
        (3.9, math.inf),
    ),
    # V2: the report promises the worst worker
    Right(
        "one of ten workers had nothing",
        verdict(ONE_OF_TEN, **SHARE, value=0.9),
        "violated",
    ),
    Right(
        "one of ten workers had nothing, to the end",
        verdict(ONE_OF_TEN, metric="good_share", op="at_least", value=0.9),
        "violated",
    ),
    # V3: one name, one definition: from the confirmation
    Right(
        "share from the confirmation",
        verdict(SLOWLY_CONFIRMED, **SHARE, value=0.6),
        "violated",
    ),
    Right(
        "figure of that share",
        figure(f"{SERIES}.good_share_during", SLOWLY_CONFIRMED),
        (0.538462, 0.538462),
    ),
    # V5: worker-2 was served by nobody
    Right(
        "masters that served a worker without any answer",
        figure(f"{KILL}.masters_during", workers(WELL, NEVER_BACK)),
        (0.0, 0.0),
    ),
    # siblings
    Right(
        "the fault of a trial that did not recover is judged",
        verdict(Made({READ: NEVER_BACK}, doubt=NOT_STEADY), **SHARE, value=0.5),
        "violated",
    ),
    Right(
        "and may hold, where another series did not recover",
        verdict(Made({READ: WELL}, doubt=NOT_STEADY), **SHARE, value=0.5),
        "holds",
    ),
    Right(
        "its end does not",
        verdict(Made({READ: WELL}, doubt=NOT_STEADY), value=1.0),
        "unknown",
    ),
    Right(
        "median of a first success that never came",
        recovery(
            workers(NEVER_BACK),
            columns="first_success_median_lower_s first_success_median_upper_s",
        ),
        [3.9, math.inf],
    ),
    Right(
        "the longest gap of a worker that nobody ever served",
        recovery(workers(WELL, NEVER_BACK), columns="longest_gap_max_upper_s"),
        [math.inf],
    ),
    Right(
        "the last probe of a series was not recorded",
        verdict(Made({READ: WELL[:-1] + " "}), value=1.0),
        "unknown",
    ),
]


@pytest.mark.parametrize("case", SUITES, ids=lambda case: case.name)
def test_figures_and_verdicts_of_a_suite_are_right_or_unknown(case, tmp_path):
    assert case.value(tmp_path / "run") == case.right
