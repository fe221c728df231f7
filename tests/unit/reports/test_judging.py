"""Limits on a change, judged in three values over all experiments."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_sides import INF, ONE, TWO, both, side

from reports.compare.judging import judge_limits
from reports.compare.limits import parse_limit
from reports.locale.catalogue import text_of
from tests.bench.comparing import Case, lognormal, measured, times, verdicts_of


def judged(limit, a, b):
    (verdict,) = judge_limits([parse_limit(limit)], a, b)
    return verdict.verdict, text_of(verdict.note, "en")


LIMITS = {
    "twice as long is more than 1.2 times": (ONE, TWO, "> 1.2x", "violated"),
    "twice as long is not 3 times": (ONE, TWO, "> 3x", "holds"),
    "twice as long may be more than 1.9 times": (ONE, TWO, "> 1.9x", "unknown"),
    "the same is not 2 times": (ONE, ONE, "> 2x", "holds"),
    "the same may be 1.05 times": (ONE, ONE, "> 1.05x", "unknown"),
    "a second more is more than half a second": (ONE, TWO, "> +0.5s", "violated"),
    "a second more is not three": (ONE, TWO, "> +3s", "holds"),
    "over two seconds alone": (ONE, TWO, "> 1.5s", "violated"),
    "not over five seconds alone": (ONE, TWO, "> 5s", "holds"),
    "faster than before": (TWO, ONE, "< 0.9x", "violated"),
    "nothing to nothing has no ratio": ([0] * 6, [0] * 6, "> 1x", "unknown"),
    "nothing to nothing is no second more": ([0] * 6, [0] * 6, "> +1s", "holds"),
    "nothing to something has no ratio": ([0] * 6, ONE, "> 100x", "unknown"),
    "nothing to something is a difference": ([0] * 6, ONE, "> +0.5s", "violated"),
    "an outage without an end may be anything": (ONE, [INF] * 8, "> 5x", "unknown"),
    "one of eight without an end is never kept": (ONE, [*ONE[:7], INF], "> 9x", "unknown"),
    "five trials are too few": (ONE, TWO[:5], "> 1.2x", "unknown"),
    "alone, five trials are too few": (ONE, TWO[:5], "> 1.5s", "unknown"),
    "alone, A does not matter": (ONE[:2], TWO, "> 1.5s", "violated"),
}


@pytest.mark.parametrize(("a", "b", "limit", "wanted"), LIMITS.values(), ids=LIMITS.keys())
def test_a_limit_is_judged_in_three_values(a, b, limit, wanted):
    verdict, note = judged(f"write.outage {limit}", side(a), side(b))
    assert (verdict, bool(note)) == (wanted, True)


def test_shares_are_differences():
    limit = "write.new.good < -0.1"
    assert judged(limit, side(ONE), side(ONE, good=0.5))[0] == "violated"
    assert judged(limit, side(ONE), side(ONE, good=0.85))[0] == "holds"


def test_a_short_ratio_asks_for_a_difference():
    _, note = judged("write.outage > 1.2x", side([0.1] * 8), side([0.2] * 8))
    assert "write a difference" in note


def test_unknown_has_the_chance_there_was_and_the_trials_it_takes():
    _, note = judged("write.outage > 1.05x", side(ONE), side(ONE))
    assert "a true 1.31x is found by such trials with probability" in note
    assert "a true 1x is shown to keep the limit with" in note
    assert "trials a side are needed" in note


def test_an_experiment_stands_for_all_its_injections_and_one_can_be_named():
    first = side(ONE, "it/cut")
    a = both(first, side(ONE, "it/kill"))
    b = both(first, side(TWO, "it/kill"))
    verdicts = {
        name: judged(f"{name}write.outage > +0.5s", a, b)[0]
        for name in ("", "it/", "it/cut/", "it/kill/")
    }
    assert verdicts == {
        "": "violated",
        "it/": "violated",
        "it/cut/": "holds",
        "it/kill/": "violated",
    }


def test_an_experiment_of_one_side_is_unknown():
    a, b = both(side(ONE), side(ONE, "gone")), both(side(ONE), side(ONE, "new"))
    for limit in ("write.outage > 9x", "gone/write.outage > 9x", "new/write.outage > 9x"):
        assert judged(limit, a, b)[0] == "unknown"
    _, note = judged("write.outage > 9x", a, b)
    assert "experiment gone is in A only; experiment new is in B only" in note
    assert judged("new/write.outage > 9s", a, b)[0] == "holds", "B alone"
    assert judged("gone/write.outage > 9s", a, b)[0] == "unknown"
    assert judged("other/write.outage > 1x", a, b)[0] == "unknown"


def test_what_differs_in_what_is_good_is_unknown():
    verdict, note = judged("write.outage > 1.2x", side(ONE), side(TWO, deadline_s=2.0))
    assert (verdict, "deadline_s: 1.0 → 2.0" in note) == ("unknown", True)


def test_trials_that_were_not_measured_count_against_the_answer():
    a, b = side(ONE), side(ONE, unmeasured=6)
    assert judged("write.outage > 3x", a, side(ONE))[0] == "holds"
    verdict, note = judged("write.outage > 3x", a, b)
    assert (verdict, "0 trials of A, 6 of B" in note) == ("unknown", True)
    assert judged("write.outage > 1.2x", a, side(TWO, unmeasured=6))[0] == "unknown"


def test_a_cluster_that_never_came_back_keeps_no_limit():
    lost = replace(side(ONE), not_recovered=frozenset({(0, 3)}))
    for limit in ("write.outage > 9x", "write.good < -0.5", "write.availability < -0.5"):
        verdict, note = judged(limit, side(ONE), lost)
        assert (verdict, "1 trials of B never recovered" in note) == ("unknown", True)
        assert judged(limit, lost, side(ONE))[0] == "holds", "it was A that did not"


def test_nine_limits_are_decided_together():
    """A p-value that one limit may pass on, the worst of nine may not."""
    a, b = side(ONE), side([value + 0.18 for value in ONE])
    limit = "write.outage > +0s"
    assert judged(limit, a, b)[0] == "violated"
    together = judge_limits([parse_limit(limit)] * 9, a, b)
    assert {verdict.verdict for verdict in together} == {"unknown"}


CASES = {
    "at the limit": (Case("", "write.outage > 1.2x", measured("write"), times(1.2)), 0, 0.06),
    "1.5x": (Case("", "write.outage > 1.2x", measured("write"), times(1.5)), 0.8, 1),
    "1.5x, log-sd 0.2": (
        Case("", "write.outage > 1.2x", lognormal(0.2), times(1.5)),
        0.75,
        1,
    ),
}


@pytest.mark.parametrize(("case", "least", "most"), CASES.values(), ids=CASES.keys())
def test_it_finds_what_there_is_and_seldom_what_there_is_not(case, least, most):
    """As `make bench` does a thousand times."""
    verdicts = verdicts_of(case, comparisons=120)
    assert least <= verdicts["violated"] / 120 <= most


def test_an_unchanged_system_is_held():
    case = Case("", "write.outage > 1.5x", measured("write"), times(1))
    assert verdicts_of(case, comparisons=60)["holds"] >= 54
