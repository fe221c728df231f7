"""Two sides, compared: what changed, and verdicts that are not the same."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_sides import ONE, TWO, both, side

from reports.compare.comparison import compare
from reports.compare.turns import turns_remark
from reports.locale.catalogue import text_of


def conclusions(a, b):
    return {
        (change.metric.experiment, change.metric.name): change.conclusion
        for change in compare(a, b, []).changes
    }


def test_shares_are_worse_when_they_fall():
    found = conclusions(side(ONE), side(ONE, good=0.5))
    assert found["kill-it", "write.new.good"] == "worse"
    assert found["kill-it", "write.new.availability.min"] == "as measured"
    assert found["kill-it", "write.new.outage"] == "nothing"
    assert conclusions(side(ONE, good=0.5), side(ONE))["kill-it", "write.new.good"] == "better"


def test_a_change_has_an_estimate_with_an_interval():
    (change, *_) = compare(side(ONE), side(TWO), []).changes
    assert change.metric.name == "write.new.outage"
    assert change.ratio.estimate.lower == pytest.approx(1.92, abs=0.05)
    assert change.difference.interval.lower < 1.15 < change.difference.interval.upper
    short = compare(side([0.3] * 8), side(ONE), []).changes[0]
    assert (short.ratio, short.conclusion) == (None, "worse")


def test_an_extreme_is_shown_as_it_was_measured():
    extreme = compare(side(ONE), side(TWO), []).changes[1]
    assert (extreme.metric.name, extreme.a.lower, extreme.b.lower) == (
        "write.new.outage.max",
        1.3,
        2.6,
    )
    assert (extreme.difference, extreme.conclusion) == (None, "as measured")


def test_few_trials_and_other_requests_show_nothing():
    assert conclusions(side(ONE), side(TWO[:5]))["kill-it", "write.new.outage"] == "too few trials"
    other = side(TWO, deadline_s=2.0)
    assert conclusions(side(ONE), other)["kill-it", "write.new.outage"] == "not the same"


def test_an_injection_has_rows_of_its_own():
    a = both(side(ONE, "it/cut"), side(ONE, "it/kill"))
    assert ("it/kill", "write.new.outage") in conclusions(a, a)


def test_a_verdict_that_turned_came_or_went_is_named():
    def ended(**verdicts):
        return replace(side(ONE), verdicts={("kill-it", key): it for key, it in verdicts.items()})

    a, b = ended(e1="holds", e2="holds", e3="holds"), ended(e1="violated", e2="holds", e4="unknown")
    changes = [(change.id, change.a, change.b) for change in compare(a, b, []).changed_verdicts]
    assert changes == [("e1", "holds", "violated"), ("e3", "holds", None), ("e4", None, "unknown")]


ORDERS = {
    "one run of each": ("A", "B", False),
    "all of one, then all of the other": ("AAA   ", "   BBB", False),
    "by turns": ("A A A", " B B B", True),
    "mirrored": ("A  AA  A", " BB  BB ", True),
    "one of many": ("AA AA", "  B  ", False),
}


@pytest.mark.parametrize(("of_a", "of_b", "by_turns"), ORDERS.values(), ids=ORDERS.keys())
def test_runs_that_were_not_made_by_turns_are_remarked(of_a, of_b, by_turns):
    def made(places, name):
        begun = [place for place, run in enumerate(places) if run == name]
        runs = [side(ONE, started_at=f"2026-01-01T00:{at:02}:00+00:00").runs[0] for at in begun]
        return replace(side(ONE), runs=runs)

    remark = turns_remark(made(of_a, "A"), made(of_b, "B"))
    assert (remark is None) == by_turns
    if remark:
        assert "a machine that drifts looks like a change" in text_of(remark, "en")


@pytest.mark.parametrize(("of_a", "of_b", "remarked"), [(0, 0, False), (2, 0, True), (0, 1, True)])
def test_trials_with_hardly_enough_processors_are_remarked(of_a, of_b, remarked):
    remarks = compare(replace(side(ONE), scarce=of_a), replace(side(TWO), scarce=of_b), []).remarks
    words = [text_of(remark, "en") for remark in remarks]
    counted = f"in {of_a} of 8 trials of A and {of_b} of 8 of B the processors of the machine"
    assert any(counted in text for text in words) is remarked
