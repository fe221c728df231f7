from __future__ import annotations

import pytest
from made_surveys import split, survey_record

from reports.analysis import splits as analysis_of_splits
from reports.analysis.splits import analyse_splits
from reports.analysis.survey_figures import split_figures
from reports.locale.catalogue import text_of

THREE_WAY = split(
    (3, 2, 2),
    0,
    [("a", "a1 a2 a3", "not-served"), ("b", "b1 b2", "not-served"), ("c", "c1 c2", "not-served")],
)
TWO_WAY = split((2, 1), 1, [("a", "b1 b2", "served"), ("b", "a1", "not-served")])
EVEN = split((1, 1), 0, [("a", "a1", "not-served"), ("b", "b1", "not-served")])
ON_BRIDGE = split(
    (1, 1), None, [("a", "b1", "served"), ("b", "b2", "served"), ("bridge", "a1", "served")]
)
IN_HALF = split(
    (1, 1), 0, [("a", "a1", "served"), ("b", "b1", "not-served"), ("bridge", "b2", "served")]
)
BOTH = split((2, 1), 0, [("a", "a1 a2", "served"), ("b", "b1", "served")])
NEITHER = split((2, 1), 0, [("a", "a1 a2", "not-served"), ("b", "b1", "not-served")])
BUSY = split((2, 1), 0, [("a", "a1 a2", "unknown"), ("b", "b1", "unknown")], reason="too busy")
NEVER = split((2, 1), 0, [], reason="etcd ended", bound_s=0.0, acknowledged=0)


def verdicts_of(*splits):
    sizes = sorted({split.size for split in splits})
    analysis = analyse_splits(survey_record("splits", sizes), splits)
    return {verdict.id: verdict.verdict for verdict in analysis.verdicts}


CASES = {
    "three ways": (THREE_WAY, "holds", "holds"),
    "the majority without the leader": (TWO_WAY, "holds", "holds"),
    "two halves": (EVEN, "holds", "holds"),
    "the leader on the bridge": (ON_BRIDGE, "holds", "holds"),
    "the leader in a half": (IN_HALF, "holds", "holds"),
    "both sides served": (BOTH, "violated", "violated"),
    "the majority not served": (NEITHER, "violated", "holds"),
    "a busy machine": (BUSY, "unknown", "unknown"),
    "never started": (NEVER, "unknown", "unknown"),
}


@pytest.mark.parametrize(("judged", "as_predicted", "disjoint"), CASES.values(), ids=CASES.keys())
def test_a_split_is_judged_by_who_was_served(judged, as_predicted, disjoint):
    verdicts = verdicts_of(judged)
    assert verdicts[f"splits-of-{judged.size}"] == as_predicted
    assert verdicts["never-two-disjoint-sides"] == disjoint


def test_what_was_served_does_not_come_from_the_prediction(monkeypatch):
    monkeypatch.setattr(analysis_of_splits, "predicted_side", lambda *_: "served")
    analysis = analyse_splits(survey_record("splits", [7]), [THREE_WAY])
    assert set(analysis.tables["splits"]["write"]) == {"not-served"}
    assert analysis.verdicts[0].verdict == "violated"
    assert split_figures(analysis)["three_way_unserved"].bracket.lower == 1


def test_a_lost_write_is_violated():
    kept = TWO_WAY.model_copy(update={"lost": ["a/1"]})
    assert verdicts_of(kept)["every-acknowledged-write-is-kept"] == "violated"


def test_the_figures_count_splits_and_name_one():
    every = [THREE_WAY, TWO_WAY, EVEN, ON_BRIDGE, IN_HALF]
    figures = split_figures(analyse_splits(survey_record("splits", [2, 3, 7]), every))
    values = {name: figure.bracket.lower for name, figure in figures.items()}
    assert values == {
        "two_way_odd_unserved": 0,
        "two_way_even_unserved": 1,
        "three_way_unserved": 1,
        "two_served": 0,
        "bridged_served": 1,
        "lost_writes": 0,
        "differing_members": 0,
    }
    evidence = text_of(figures["three_way_unserved"].evidence, "en")
    assert "7 = 3+2+2, leader among the 3: no side served in 1.8 s" in evidence


def test_unknown_splits_widen_the_figures():
    figures = split_figures(analyse_splits(survey_record("splits", [3]), [BUSY, TWO_WAY]))
    odd = figures["two_way_odd_unserved"]
    assert (odd.bracket.lower, odd.bracket.upper) == (0, 1)
    assert figures["three_way_unserved"].unknown
    both = split_figures(analyse_splits(survey_record("splits", [3]), [BOTH]))
    assert both["two_served"].bracket.lower
