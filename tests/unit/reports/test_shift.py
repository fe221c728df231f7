"""The shift between the trials of two sides: its estimate, its interval, its tests."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_sides import INF, ONE, TWO, values

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
from reports.compare.trial_values import TrialValues

SECONDS = st.floats(0.5, 5).map(lambda value: round(value, 2))
TRIALS = st.lists(SECONDS, min_size=6, max_size=9)


def test_the_estimate_is_the_median_of_all_differences():
    assert estimate("difference", values([1, 2, 4]), values([3, 4, 9])).lower == 2
    assert estimate("ratio", values([1, 2, 4]), values([2, 4, 8])).upper == pytest.approx(2)


def test_the_median_of_a_side_is_that_of_the_report():
    brackets = TrialValues(np.array([0.0, 0.5, 1.0]), np.array([0.4, 0.9, 1.4]))
    assert (median(brackets).lower, median(brackets).upper) == (0.5, 0.9)
    assert math.isnan(median(values([])).lower)


@settings(max_examples=40, deadline=None)
@given(TRIALS, st.floats(-1, 3), st.floats(0.2, 4))
def test_what_is_moved_is_found_moved_by_so_much(trials, by, factor):
    a = values(trials)
    moved, scaled = values(np.array(trials) + by), values(np.array(trials) * factor)
    for form, b, true in (("difference", moved, by), ("ratio", scaled, factor)):
        assert estimate(form, a, b).lower == pytest.approx(true)
        ends = interval(form, a, b)
        assert ends.lower - 1e-9 <= true <= ends.upper + 1e-9


@settings(max_examples=40, deadline=None)
@given(TRIALS, TRIALS, st.floats(-2, 2))
def test_a_limit_is_never_passed_and_kept(of_a, of_b, limit):
    a, b = values(of_a), values(of_b)
    for above in (True, False):
        both = [test("difference", a, b, limit, above=above) for test in (p_passed, p_kept)]
        assert sum(both) > 1 - 1e-9, "the two tests look to opposite sides"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(0.5, 5), min_size=14, max_size=14, unique=True),
    st.floats(0.5, 2),
    st.integers(1, 3),
    st.booleans(),
)
def test_absent_and_endless_trials_make_no_answer_surer(trials, limit, count, above):
    """Trials of B turn into trials that nobody measured, or that had no end."""
    a, b = values(trials[:7]), values(trials[7:])
    absent = values(trials[7 + count :], unmeasured=count)
    endless = TrialValues(b.lower, np.append(np.full(count, INF), b.upper[count:]))
    for form in ("ratio", "difference"):
        for test in (p_passed, p_kept):
            full = test(form, a, b, limit, above=above)
            assert no_surer(test(form, a, absent, limit, above=above), full)
        full = p_kept(form, a, b, limit, above=True)
        assert no_surer(p_kept(form, a, endless, limit, above=True), full)


def no_surer(p_value, than):
    """Where no answer was near, none comes; ties move exact probabilities by a little."""
    return p_value >= 0.9 * min(than, 4 * LEVEL)


PASSED = {
    "twice as long": (ONE, TWO, "ratio", 1.2, True, True),
    "twice as long, at the limit": (ONE, TWO, "ratio", 2.0, True, False),
    "the same, at the limit": (ONE, ONE, "difference", 0.0, True, False),
    "a second more": (ONE, TWO, "difference", 0.5, True, True),
    "half as long": (TWO, ONE, "ratio", 0.9, False, True),
    "alone, all over": (ONE, TWO, "value", 1.5, True, True),
    "alone, half of them over": (ONE, ONE, "value", 1.15, True, False),
    "alone, all under": (ONE, ONE, "value", 2.0, False, True),
}


@pytest.mark.parametrize(("a", "b", "form", "limit", "above", "is_passed"), PASSED.values())
def test_a_limit_is_passed(a, b, form, limit, above, is_passed):
    p_value = p_passed(form, values(a), values(b), limit, above=above)
    assert (p_value <= LEVEL) == is_passed


def test_rounding_decides_nothing_at_a_limit():
    a, b = values([0.98] * 8), values([0.97] * 8)
    for test in (p_passed, p_kept):
        assert test("difference", a, b, -0.01, above=False) == 1.0


def test_a_trial_without_an_end_is_as_long_as_was_observed_and_longer_than_all():
    a = values(ONE)
    b = TrialValues(np.full(8, 3.0), np.full(8, INF))
    assert p_passed("difference", a, b, 0.5, above=True) < LEVEL
    assert p_passed("difference", a, b, 5.0, above=True) > LEVEL, "3 s were observed"
    assert p_kept("difference", a, b, 5.0, above=True) > LEVEL
    assert estimate("difference", a, b).upper == INF


def test_many_trials_without_an_end_pass_a_limit_where_few_others_hide_the_shift():
    """14 of 20 never ended: the other 6 are as those of A."""
    a = values([0.5] * 6)
    b = TrialValues(np.array([0.5] * 6 + [3.9] * 14), np.array([0.5] * 6 + [INF] * 14))
    assert p_endless("difference", a, b, 0.5) < 0.005
    assert p_passed("difference", a, b, 0.5, above=True) < 0.01
    assert p_endless("difference", a, b, 4.0) == 1.0, "none was observed to be so long"


def test_a_ratio_needs_three_brackets():
    assert has_ratio(values(ONE, width=0.3))
    assert not has_ratio(values(ONE, width=0.6))
    assert not has_ratio(values([0.0] * 5 + [2.0]))
    wide = TrialValues(np.array([1.0] * 9), np.array([1.2] * 8 + [3.0]))
    assert has_ratio(wide), "one late probe makes no bracket wide"


HOLM = {
    "none": ([], []),
    "the smallest against all": ([0.03, 0.03], [False, False]),
    "one after the other": ([0.04, 0.01, 0.02], [True, True, True]),
    "after one that does not, none does": ([0.01, 0.03, 0.04], [True, False, False]),
}


@pytest.mark.parametrize(("p_values", "rejected"), HOLM.values(), ids=HOLM.keys())
def test_several_tests_reject_together(p_values, rejected):
    assert passed(p_values) == rejected
