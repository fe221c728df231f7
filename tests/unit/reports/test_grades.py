"""Grades and costs of one series: a letter is a request, each a tenth of a second."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.analysis.cost import LEVEL, Hold, cost_of
from reports.analysis.grades import (
    DOWN_S,
    DOWN_SHARE,
    Baseline,
    excess_of,
    grades_of,
    is_down,
    signs_of,
)

PERIOD_S = 0.1
# of ten seconds, and ten seconds more
HOLD = Hold(0.0, 10.0)
SPOTLESS = Baseline(400, 0)


def series(text: str):
    good = np.array([letter == "." for letter in text])
    return np.arange(len(text)) * PERIOD_S, good


def signs(text: str, baseline: Baseline = SPOTLESS, hold: Hold = HOLD):
    started_s, good = series(text)
    cost = cost_of(started_s, good, hold, PERIOD_S)
    return signs_of(started_s, good, hold, cost, baseline)


def graded(text: str, baseline: Baseline = SPOTLESS, hold: Hold = HOLD):
    (grade,) = grades_of([signs(text, baseline, hold)])
    return grade


WELL = "." * 200
HALF = "x." * 50 + "." * 100


@pytest.mark.parametrize(
    ("text", "baseline", "grade"),
    [
        pytest.param(WELL, SPOTLESS, "unnoticed", id="all good"),
        pytest.param("x" + WELL[1:], SPOTLESS, "unnoticed", id="a single bad request"),
        pytest.param("x" * 12 + WELL[12:], SPOTLESS, "blip", id="an election"),
        pytest.param("x" * 12 + WELL[12:], Baseline(80, 0), "blip", id="beside a short baseline"),
        pytest.param("x.........." * 18 + "..", Baseline(400, 40), "unnoticed", id="as before"),
        pytest.param("." * 70 + "x" + WELL[71:], SPOTLESS, "unnoticed", id="one in the plateau"),
        pytest.param(
            "x" * 12 + "." * 68 + "x" + "." * 119, SPOTLESS, "blip", id="an election, one later"
        ),
        pytest.param(
            "x" * 12 + "." * 58 + "xxx" + "." * 127, SPOTLESS, "degraded", id="two elections"
        ),
        pytest.param("x" * 31 + WELL[31:], SPOTLESS, "degraded", id="more than three seconds"),
        pytest.param(HALF, SPOTLESS, "degraded", id="every second one, to the heal"),
        pytest.param("x" * 49 + WELL[49:], SPOTLESS, "degraded", id="not quite five seconds"),
        pytest.param("x" * 51 + WELL[51:], SPOTLESS, "down", id="five seconds of nothing"),
        pytest.param("x" * 60 + "." + "x" * 60 + "." * 79, SPOTLESS, "down", id="one in a hundred"),
        pytest.param(WELL[:100] + "x" * 60 + "." * 40, SPOTLESS, "down", id="on the way back"),
    ],
)
def test_a_series_has_its_grade(text, baseline, grade):
    assert graded(text, baseline) == grade


@pytest.mark.parametrize(
    ("text", "lost_s", "share", "bound"),
    [
        pytest.param(WELL, 0.0, 0.0, False, id="nothing"),
        pytest.param("x" * 12 + WELL[12:], 1.2, 0.0, False, id="onset"),
        pytest.param(WELL[:100] + "x" * 12 + "." * 88, 1.2, 0.0, False, id="return"),
        pytest.param("x" * 112 + "." * 88, 1.2, 1.0, False, id="plateau and return"),
        pytest.param(HALF, 0.0, 0.5, False, id="every second one"),
        pytest.param("x" * 75 + "." * 125, 2.5, 0.5, True, id="not settled"),
        pytest.param(WELL[:199] + "x", 0.1, 0.0, True, id="bad to the last request"),
    ],
)
def test_a_cost_is_that_of_transients_and_plateau(text, lost_s, share, bound):
    started_s, good = series(text)
    cost = cost_of(started_s, good, HOLD, PERIOD_S)
    assert cost.lost_s == pytest.approx(lost_s)
    assert cost.bad_share == pytest.approx(share)
    assert cost.is_bound is bound


def test_a_hold_that_is_too_short_shows_no_plateau():
    """What was bad in it is lost, and how it would have gone on is not known."""
    text, hold = "..xxxxxxxx" + "." * 20, Hold(0.0, 1.0)
    cost = cost_of(*series(text), hold, PERIOD_S)
    assert math.isnan(cost.bad_share)
    assert cost.lost_s == pytest.approx(0.8)
    assert cost.is_bound
    assert graded(text, hold=hold) == "degraded"


@pytest.mark.parametrize(
    ("text", "affected_s"),
    [
        pytest.param(WELL, 0.0, id="nothing"),
        pytest.param("x" + WELL[1:], 0.0, id="one request"),
        pytest.param(HALF, 9.8, id="to the heal"),
        pytest.param("x" * 11 + "." * 99 + "x" * 21 + "." * 69, 3.0, id="onset and return"),
        pytest.param("." * 50 + "x" * 101 + "." * 49, 9.9, id="across the heal"),
    ],
)
def test_clients_are_affected_as_long_as_requests_are_bad(text, affected_s):
    cost = cost_of(*series(text), HOLD, PERIOD_S)
    assert cost.affected_s == pytest.approx(affected_s)


def test_the_cost_of_a_longer_hold_follows_from_the_two_numbers():
    started_s, good = series(HALF)
    assert cost_of(started_s, good, HOLD, PERIOD_S).of_hold_s(60.0) == pytest.approx(30.0)


@given(st.lists(st.booleans(), min_size=1, max_size=160))
def test_down_is_any_span_that_is_long_enough(flags):
    good = np.array(flags)
    started_s = np.arange(len(good)) * PERIOD_S
    spans = [
        (i, j)
        for i in range(len(good))
        for j in range(i, len(good))
        if started_s[j] - started_s[i] >= DOWN_S - 1e-9
    ]
    assert is_down(started_s, good) == any(good[i : j + 1].mean() < DOWN_SHARE for i, j in spans)


def test_chance_is_seldom_above_the_baseline():
    """Both sides have one bad request in fifty; at most 5 % are called worse, and a little."""
    chance = np.random.default_rng(0)
    times = 400
    found = sum(
        excess_of(chance.random(400) >= 0.02, Baseline(400, chance.binomial(400, 0.02))) <= LEVEL
        for _ in range(times)
    )
    assert found <= 0.07 * times


def by_chance(chance, share):
    """Return the signs of a series in which requests are bad by chance alone, as before it."""
    started_s, good = np.arange(200) * PERIOD_S, chance.random(200) >= share
    cost = cost_of(started_s, good, HOLD, PERIOD_S)
    return signs_of(started_s, good, HOLD, cost, Baseline(960, int(chance.binomial(960, share))))


def test_a_fault_that_changes_nothing_is_unnoticed_however_many_series_it_has():
    chance = np.random.default_rng(1)
    faults = 60
    graded_so = [grades_of([by_chance(chance, 0.01) for _ in range(16)]) for _ in range(faults)]
    assert sum(set(grades) != {"unnoticed"} for grades in graded_so) <= 0.1 * faults


def test_what_is_too_little_in_one_of_many_series_is_noticed_when_all_have_it():
    few, short = "xx" + "." * 60, Baseline(100, 0)
    several = [signs(few, short)] + [signs("." * 62, short)] * 15
    assert set(grades_of(several)) == {"unnoticed"}
    scattered = "x........." * 6 + ".."
    assert signs(scattered, short).excess > LEVEL / 16
    assert "unnoticed" not in grades_of([signs(scattered, short)] * 16)


def test_no_series_have_no_grades():
    assert grades_of([]) == []
