"""Turnbull's estimator: hand cases, and the condition that only the maximum fulfils."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.analysis.turnbull import turnbull

INF = math.inf
# brackets -> the intervals with mass, and the median's bracket
CASES = {
    "one bracket": ([(1, 2)], [(1, 2, 1)], (1, 2)),
    "exact values are the empirical distribution": (
        [(1, 1), (2, 2), (3, 3)],
        [(1, 1, 1 / 3), (2, 2, 1 / 3), (3, 3, 1 / 3)],
        (2, 2),
    ),
    "between two exact values the median is open": (
        [(1, 1), (2, 2)],
        [(1, 1, 1 / 2), (2, 2, 1 / 2)],
        (1, 2),
    ),
    "brackets that meet in a point": ([(1, 2), (2, 3)], [(2, 2, 1)], (2, 2)),
    "no outage in half of the trials": (
        [(0, 0), (0, 0), (1.0, 1.2), (1.1, 1.4)],
        [(0, 0, 1 / 2), (1.1, 1.2, 1 / 2)],
        (0, 1.2),
    ),
    # by symmetry a at both ends and b = 1 - 2a between: 2 log a + 2 log (1 - a) is greatest at 1/2
    "a chain of overlaps": (
        [(0, 2), (1, 3), (2, 4), (3, 5), (4, 6)],
        [(2, 2, 1 / 2), (4, 4, 1 / 2)],
        (2, 4),
    ),
    "a censored one is beyond all that end before it": (
        [(1, 2), (1.5, 3), (5, INF)],
        [(1.5, 2, 2 / 3), (5, INF, 1 / 3)],
        (1.5, 2),
    ),
    "half are censored": ([(1, 1), (5, INF)], [(1, 1, 1 / 2), (5, INF, 1 / 2)], (1, INF)),
    # right-censored at 2: it shares its weight among those after it, as Kaplan and Meier do
    "Kaplan and Meier": (
        [(1, 1), (2, INF), (3, 3), (4, 4)],
        [(1, 1, 1 / 4), (3, 3, 3 / 8), (4, 4, 3 / 8)],
        (3, 3),
    ),
}


def estimate(brackets):
    lower_s, upper_s = (np.array(ends, dtype=float) for ends in zip(*brackets, strict=True))
    return turnbull(lower_s, upper_s)


@pytest.mark.parametrize(("brackets", "mass", "median"), CASES.values(), ids=CASES.keys())
def test_the_estimate_is_the_one_found_by_hand(brackets, mass, median):
    found = estimate(brackets)
    seen = list(zip(found.lower_s, found.upper_s, found.mass, strict=True))
    assert len(seen) == len(mass)
    for interval, wanted in zip(seen, mass, strict=True):
        assert interval == pytest.approx(wanted, abs=1e-4)
    assert found.quantile(0.5) == median


brackets = st.tuples(st.integers(0, 12), st.integers(0, 5), st.booleans()).map(
    lambda drawn: (drawn[0], INF if drawn[2] and drawn[1] == 5 else drawn[0] + drawn[1])
)


@settings(deadline=None, max_examples=60)
@given(st.lists(brackets, min_size=1, max_size=15))
def test_no_interval_would_gain_and_the_median_lies_in_that_of_the_ends(made):
    found = estimate(made)
    lower_s, upper_s = (np.array(ends, dtype=float) for ends in zip(*made, strict=True))
    inside = (lower_s[:, None] <= found.lower_s) & (found.upper_s <= upper_s[:, None])
    growth = (inside / (inside @ found.mass)[:, None]).mean(axis=0)
    assert growth == pytest.approx(np.ones(len(growth)), abs=0.02)
    low, high = found.quantile(0.5)
    assert pd.Series(lower_s).quantile(0.5, interpolation="lower") <= low + 1e-9
    assert high <= pd.Series(upper_s).quantile(0.5, interpolation="higher") + 1e-9
