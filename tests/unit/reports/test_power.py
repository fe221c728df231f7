"""How likely a limit is to be decided, and how many trials that takes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from made_sides import INF, ONE, TWO, values

from reports.compare.power import (
    LEAST_TRIALS,
    POWER,
    Power,
    deviation,
    power_to_keep,
    power_to_pass,
)
from reports.compare.shift import LEVEL

CHANCE = np.random.default_rng(0)
NORMAL = values(np.exp(CHANCE.normal(0.5, 0.2, 60)))


def test_so_many_trials_have_the_power():
    power = power_to_pass("ratio", NORMAL, 1.2, 1.5, above=True, tests=1)
    needed = power.trials_needed()
    assert 10 < needed < 25, "13 by Noether's formula for a deviation of 0.2 in logarithms"
    assert power.chance(needed, needed) == pytest.approx(POWER, abs=0.08)
    assert power.chance(4 * needed, 4 * needed) > 0.99


def test_more_tests_and_nearer_changes_take_more_trials():
    def needed(true, tests):
        return power_to_pass("ratio", NORMAL, 1.2, true, above=True, tests=tests).trials_needed()

    assert needed(1.5, 1) < needed(1.5, 9) < needed(1.3, 9)
    assert needed(1.2001, 9) is None, "nobody runs so many"


NEVER = {
    "at the limit": (1.2, True),
    "within the limit": (1.1, True),
    "on its other side": (1.5, False),
}


@pytest.mark.parametrize(("true", "above"), NEVER.values(), ids=NEVER.keys())
def test_what_is_not_beyond_a_limit_no_number_of_trials_finds(true, above):
    power = power_to_pass("ratio", NORMAL, 1.2, true, above=above, tests=1)
    assert (power.trials_needed(), power.chance(50, 50) < 0.1) == (None, True)


def test_a_limit_is_kept_on_its_other_side():
    assert power_to_keep("ratio", NORMAL, 1.5, 1.0, above=True).trials_needed() < 20
    assert power_to_keep("ratio", NORMAL, 0.9, 1.0, above=True).trials_needed() is None
    assert power_to_keep("difference", NORMAL, -1.0, 0.0, above=False).trials_needed() < 20


def test_b_alone_is_tested_by_the_sign_test():
    power = power_to_pass("value", values(TWO), 1.0, 2.3, above=True, tests=1)
    assert (power.ahead, power.paired) == (1.0, False)
    assert power.trials_needed() >= LEAST_TRIALS
    assert power.chance(0, 5) == 1.0, "0.5 to the fifth is below 5 %"
    assert power.chance(0, 4) == 0.0


def test_trials_that_do_not_differ_take_the_fewest():
    same = values([1.0] * 8)
    assert power_to_pass("ratio", same, 1.2, 1.5, above=True, tests=1).trials_needed() == 6


def test_trials_without_an_end_are_equal_to_each_other():
    lost = values([*ONE, INF, INF])
    power = power_to_pass("difference", lost, 0.5, 1.0, above=True, tests=1)
    assert 0.5 < power.ahead < 1


def test_the_deviation_is_of_trials_that_ended():
    assert deviation("difference", values([1.0, 2.0, INF])) > 0.7
    assert deviation("ratio", values([1.0, 1.0, 0.0])) == 0.0
    assert math.isnan(deviation("difference", values([1.0])))


def test_nothing_is_known_of_a_single_trial():
    assert power_to_pass("ratio", values([1.0]), 1.2, 1.5, above=True, tests=1).ahead == 0.5
    assert Power(0.5, LEVEL, paired=True).chance(10, 10) == 0.0
