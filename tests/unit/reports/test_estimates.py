"""The interval of a change."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_sides import ONE, TWO

from reports.compare.estimates import change, estimate


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(0.5, 5), min_size=6, max_size=9), st.floats(0.1, 3))
def test_the_interval_of_a_change_holds_the_change_of_the_true_medians(true_s, factor):
    truth = np.array(true_s)
    a = truth - 0.05, truth + 0.05
    b = truth * factor - 0.05, truth * factor + 0.05
    found = change("difference", "median", a, b)
    moved = float(np.median(truth) * (factor - 1))
    assert found.lower <= moved <= found.upper
    assert found == change("difference", "median", a, b), "the seed is fixed"


def test_a_maximum_is_compared_as_it_was_seen():
    a, b = (np.array(ONE), np.array(ONE) + 0.1), (np.array(TWO), np.array(TWO) + 0.1)
    assert change("difference", "max", a, b).lower == pytest.approx(2.6 - 1.4)
    assert estimate("max", *b).upper == pytest.approx(2.7)
