"""The exact rank-sum test, against scipy and against all choices."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from reports.compare import rank_sum
from reports.compare.rank_sum import EXACT_TRIALS, p_greater

TIED = st.lists(st.sampled_from([0.0, 0.2, 0.4, np.inf]), min_size=1, max_size=5).map(np.array)


def over_all_choices(b, a):
    """Return the share of all choices of B's trials whose ranks are at least so high."""
    ranks = stats.rankdata(np.concatenate([b, a]))
    sums = [sum(choice) for choice in combinations(ranks, len(b))]
    return np.mean([each >= ranks[: len(b)].sum() - 1e-9 for each in sums])


@settings(max_examples=100, deadline=None)
@given(TIED, TIED)
def test_it_is_the_share_of_all_choices(b, a):
    assert p_greater(b[:, None], a[:, None]) == pytest.approx(over_all_choices(b, a))


def test_without_ties_it_is_scipys():
    chance = np.random.default_rng(0)
    for sizes in ((6, 6), (9, 20), (20, 9)):
        b, a = (chance.normal(size=size) for size in sizes)
        exact = stats.mannwhitneyu(b, a, alternative="greater", method="exact").pvalue
        assert p_greater(b[:, None], a[:, None]) == pytest.approx(exact)


def test_three_of_six_that_are_worse_are_chance():
    """The approximation by a normal distribution, which has no room for ties, sees a change."""
    b, a = np.array([1.0, 1, 1, 2, 2, 2]), np.ones(6)
    assert p_greater(b[:, None], a[:, None]) == pytest.approx(1 / 11)
    assert stats.mannwhitneyu(b, a, alternative="greater").pvalue < 0.05


def test_more_trials_are_approximated(monkeypatch):
    chance = np.random.default_rng(0)
    b, a = chance.normal(size=EXACT_TRIALS // 2), chance.normal(size=EXACT_TRIALS // 2)
    exact = p_greater(b[:, None], a[:, None])
    monkeypatch.setattr(rank_sum, "EXACT_TRIALS", 100)
    assert p_greater(b[:, None], a[:, None]) == pytest.approx(exact, abs=0.001)
