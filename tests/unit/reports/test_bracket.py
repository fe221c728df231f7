"""A bracket, held against another and written."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.bracket import Bracket, Figure, exact, unknown
from reports.locale.message import verbatim

ENDS = st.floats(-1e6, 1e6).flatmap(
    lambda low: st.tuples(st.just(low), st.one_of(st.floats(low, 1e6), st.just(math.inf)))
)
BRACKETS = ENDS.map(lambda ends: Bracket(*ends))
OPS = {
    "at_most": lambda value, bound: value <= bound,
    "at_least": lambda value, bound: value >= bound,
    "equals": lambda value, bound: value == bound,
}


def inside(bracket):
    return st.floats(bracket.lower, min(bracket.upper, 1e7))


@settings(deadline=None)  # a busy machine is no failure
@given(BRACKETS, BRACKETS, st.sampled_from(sorted(OPS)), st.data())
def test_what_is_said_is_so_wherever_the_true_values_lie(bracket, bound, op, data):
    kind = bracket.compare(op, bound)
    if kind != "unknown":
        value, limit = data.draw(inside(bracket)), data.draw(inside(bound))
        assert OPS[op](value, limit) == (kind == "holds")


@settings(deadline=None)  # a busy machine is no failure
@given(BRACKETS, BRACKETS, st.sampled_from(["at_most", "at_least"]))
def test_it_is_unknown_only_where_both_answers_are_possible(bracket, bound, op):
    if bracket.compare(op, bound) == "unknown":
        ends = [
            OPS[op](value, limit)
            for value in (bracket.lower, bracket.upper)
            for limit in (bound.lower, bound.upper)
        ]
        assert set(ends) == {True, False}


@settings(deadline=None)  # a busy machine is no failure
@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.sampled_from(sorted(OPS)))
def test_points_are_never_unknown(value, limit, op):
    assert Bracket.exact(value).compare(op, Bracket.exact(limit)) != "unknown"


TEXTS = [
    (Bracket.exact(3), ".4g", "3"),
    (Bracket(0.9, 1.1), ".2f", "0.90 – 1.10"),
    (Bracket(0.9, math.inf), ".4g", "≥ 0.9"),
    (Bracket(-math.inf, 2), ".4g", "≤ 2"),
    (Bracket(math.nan, math.nan), ".4g", "?"),
]


@pytest.mark.parametrize(("bracket", "form", "text"), TEXTS, ids=[text for _, _, text in TEXTS])
def test_it_is_written_in_one_way(bracket, form, text):
    assert bracket.text(form) == text


def test_a_figure_that_was_not_measured_is_unknown_whatever_is_asked():
    assert exact(1, verbatim("seen")).judge("equals", Bracket.exact(1)) == "holds"
    assert unknown(verbatim("no")).judge("at_most", Bracket.exact(1)) == "unknown"
    figure = Figure(Bracket.exact(0), verbatim("seen"), verbatim("no"))
    assert figure.judge("at_most", Bracket.exact(1)) == "unknown"
