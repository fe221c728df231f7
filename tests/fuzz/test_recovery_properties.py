"""No figure gets better by what is bad or missing, whatever was measured."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_histories import (
    READ,
    events_of,
    expectation,
    experiment_record,
    history,
    run_record,
    series_of,
    trial_record,
)

from reports.analysis.recovery import recovery_of
from reports.analysis.suite import analyse_suite
from reports.history.schema import Doubt
from reports.locale.message import verbatim
from reports.verdict import VERDICT_VALUES

OTHER = ("read", "worker-2", "new")
DEMANDS = [
    expectation(id="outage", value=1.0),
    expectation(id="degraded", metric="degraded_s", value=1.0),
    expectation(id="share", metric="good_share", op="at_least", value=0.8),
    expectation(id="during", metric="good_share", op="at_least", value=0.8, during="kill"),
    expectation(id="after", metric="outage_s", value=0.5, after_heal_of="kill"),
]
LENGTHS = ("outage_s", "hold_outage_s", "degraded_s", "all_good_after_heal_s")
SHARES = ("good_share_during", "availability")
MEDIANS = ("outage", "degraded", "all_good", "all_good_after_heal")
# An answer counts when it is there, one that never came when it was asked for.
TOOK_S = 0.011
NOT_STEADY = Doubt(kind="not-recovered", reason=verbatim("not steady"))
# the baseline is good; the fault is in from 2 s to 4 s
AFTER = st.text(alphabet="...xl", min_size=40, max_size=40)


def text_of(after):
    return "." * 20 + after


def analysed(first, second, end_s=6.0):
    lines = {READ: first, OTHER: second}
    experiment = experiment_record(series=series_of(lines), expect=DEMANDS)
    trial = history(lines, experiment=experiment, events=events_of(end_s=end_s))
    return analyse_suite(run_record([trial.record], [experiment]), [trial])


def is_no_better(now, then):
    """Whether a bracket promises no more than another one: no end of it came down."""
    return now.lower >= then.lower - TOOK_S and now.upper >= then.upper - TOOK_S


def assert_no_better(now, then):
    for name in LENGTHS:
        figures = [one.figures[f"kill-it.read.new.{name}"].bracket for one in (now, then)]
        assert is_no_better(*figures), name
    for name in SHARES:
        figures = [one.figures[f"kill-it.read.new.{name}"].bracket for one in (now, then)]
        assert figures[0].upper <= figures[1].upper + 1e-9, name
    for verdict, before in zip(now.verdicts, then.verdicts, strict=True):
        ranks = [VERDICT_VALUES.index(one.verdict) for one in (verdict, before)]
        assert ranks[0] <= ranks[1], (verdict, before)


@settings(deadline=None, max_examples=12)
@given(AFTER, AFTER, st.integers(1, 15))
def test_bad_probes_at_the_end_improve_nothing(first, second, count):
    then = analysed(text_of(first), text_of(second))
    more = "x" * count
    now = analysed(text_of(first) + more, text_of(second) + more, end_s=6.0 + count / 10)
    assert_no_better(now, then)


@settings(deadline=None, max_examples=12)
@given(AFTER, AFTER, st.integers(0, 39), st.integers(1, 40))
def test_a_worker_that_is_served_less_improves_nothing(first, second, begin, count):
    then = analysed(text_of(first), text_of(second))
    less = second[:begin] + "x" * len(second[begin : begin + count]) + second[begin + count :]
    assert_no_better(analysed(text_of(first), text_of(less)), then)


@settings(deadline=None, max_examples=12)
@given(AFTER, AFTER, st.integers(0, 39))
def test_a_worker_whose_answers_are_missing_shows_nothing(first, second, place):
    less = second[:place] + " " + second[place + 1 :]
    now = analysed(text_of(first), text_of(less))
    assert {verdict.verdict for verdict in now.verdicts} == {"unknown"}
    assert now.figures["kill-it.read.new.availability"].unknown


@settings(deadline=None, max_examples=20)
@given(st.lists(AFTER, min_size=1, max_size=7), AFTER)
def test_a_trial_that_did_not_recover_lowers_no_median(recovered, open_ended):
    trials = [
        history(text_of(after)[:-1] + ".", record=trial_record(index=number, number=number))
        for number, after in enumerate([*recovered, open_ended])
    ]
    last = trial_record(index=len(recovered), number=len(recovered), doubt=NOT_STEADY)
    all_trials = [*trials[:-1], history(text_of(open_ended), record=last)]
    rows = [
        recovery_of(run_record([trial.record for trial in some]), some)["recovery"].iloc[0]
        for some in (trials[:-1], all_trials)
    ]
    then, now = rows
    assert (now["n"], now["left_out"]) == (then["n"] + 1, 0)
    for name in MEDIANS:
        for end in ("lower", "upper"):
            column = f"{name}_median_{end}_s"
            assert now[column] >= then[column] - 1e-9, column
    assert math.isinf(now["outage_max_upper_s"])


@pytest.mark.parametrize("worker", [0, 1])
def test_a_share_is_that_of_the_worst_worker_everywhere(worker):
    texts = ["." * 60, "." * 20 + "x" * 10 + "." * 30]
    found = analysed(texts[worker], texts[1 - worker])
    share = 11 / 20  # from 2.1 s to 4.0 s, both included, 9 of 20 are bad
    assert found.tables["recovery"]["good_share_during_median"].iloc[0] == pytest.approx(share)
    figure = found.figures["kill-it.read.new.good_share_during"]
    assert figure.bracket.lower == pytest.approx(share)
    verdicts = {verdict.id: verdict.verdict for verdict in found.verdicts}
    assert verdicts["during"] == "violated"
