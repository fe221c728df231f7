from __future__ import annotations

import pytest
from made_surveys import RIGHT, cell, survey_record, table

from reports.analysis import tolerance
from reports.analysis.survey_figures import tolerance_figures
from reports.analysis.tolerance import analyse_tolerance, residual_probability, size_row
from reports.locale.catalogue import text_of

DOCUMENT = {size: (max(1, (size + 1) // 2), tol) for size, (_, tol) in RIGHT.items()} | {2: (2, 0)}


def flagged(expected, cells=None):
    rows = [(size, *pair) for size, pair in expected.items()]
    analysis = analyse_tolerance(survey_record(expected=rows), cells or table())
    return {verdict.id for verdict in analysis.verdicts if verdict.verdict == "violated"}


TABLES = {
    "the right table": (RIGHT, set()),
    "the document's": (DOCUMENT, {f"size-{size}-majority" for size in (4, 6, 8)}),
    "a majority that is too large": (RIGHT | {5: (4, 2)}, {"size-5-majority"}),
    "a tolerance that is too large": (RIGHT | {3: (2, 2)}, {"size-3-tolerance"}),
    "a tolerance that is too small": (RIGHT | {9: (5, 3)}, {"size-9-tolerance"}),
    "nonsense": (RIGHT | {2: (90, 70)}, {"size-2-majority", "size-2-tolerance"}),
    "a row of several": ({7: (3, 4)}, {"size-7-majority", "size-7-tolerance"}),
}


@pytest.mark.parametrize(("expected", "wrong"), TABLES.values(), ids=TABLES.keys())
def test_exactly_the_wrong_cells_are_flagged(expected, wrong):
    assert flagged(expected) == wrong


def test_a_flag_names_its_evidence():
    rows = [(4, 2, 1)]
    analysis = analyse_tolerance(survey_record(expected=rows), table())
    (wrong,) = [verdict for verdict in analysis.verdicts if verdict.verdict == "violated"]
    note = text_of(wrong.note, "en")
    assert "2 expected, 3 measured" in note
    assert "2 of 4 left, nothing was served in 3.0 s (30 requests)" in note


@pytest.mark.parametrize("falsehood", [(1, 99), (9, 0)], ids=["too good", "too bad"])
def test_what_is_measured_does_not_come_from_the_prediction(monkeypatch, falsehood):
    def measured(analysis):
        frame = analysis.tables["majority"]
        return frame[["size", "majority_measured", "tolerance_measured"]].to_dict("records")

    before = analyse_tolerance(survey_record(), table())
    monkeypatch.setattr(tolerance, "predicted", lambda _: falsehood)
    after = analyse_tolerance(survey_record(), table())
    assert measured(after) == measured(before)
    assert [row["majority_measured"] for row in measured(after)] == [1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert [row["tolerance_measured"] for row in measured(after)] == [0, 0, 1, 1, 2, 2, 3, 3, 4]
    assert set(after.tables["majority"]["majority_predicted"]) == {falsehood[0]}
    assert [verdict.verdict for verdict in after.verdicts].count("violated") > 9


ROWS = {
    "nothing is served": (["not-served"] * 4, None, None),
    "all is as it should be": (["served", "served", "not-served", "not-served"], 2, 1),
    "the deciding cell is unknown": (["served", "unknown", "not-served", "not-served"], None, None),
    "everything serves": (["served"] * 4, 0, None),
}


@pytest.mark.parametrize(("states", "majority", "tolerates"), ROWS.values(), ids=ROWS.keys())
def test_what_a_size_has(states, majority, tolerates):
    row = size_row(3, [cell(3, failed, state) for failed, state in enumerate(states)])
    assert (row.majority, row.tolerance) == (majority, tolerates)


def test_the_worst_choice_of_members_counts():
    cells = [cell(3, 0, "served"), cell(3, 1, "served")]
    cells += [cell(3, 1, "not-served", leader_failed=True), cell(3, 2, "not-served")]
    row = size_row(3, [*cells, cell(3, 3, "not-served")])
    assert row.states[1] == "mixed"
    assert row.tolerance == 0


def test_a_size_with_an_unknown_cell_is_unknown_and_says_why():
    cells = [*table([1]), cell(2, 0, "unknown", reason="etcd ended: no space left")]
    analysis = analyse_tolerance(survey_record(sizes=[1, 2]), cells)
    verdicts = {verdict.id: verdict for verdict in analysis.verdicts}
    assert verdicts["size-1-majority"].verdict == "holds"
    assert verdicts["size-2-majority"].verdict == "unknown"
    assert "no space left" in text_of(verdicts["size-2-majority"].note, "en")


def test_what_a_minority_serves_is_violated_and_the_majority_is_the_fewest_that_served():
    cells = [*table([3]), cell(3, 2, "not-served", write="served", write_s=0.2, trial=1)]
    analysis = analyse_tolerance(survey_record(sizes=[3]), cells)
    verdicts = {verdict.id: verdict for verdict in analysis.verdicts}
    for name in ("size-3-majority", "size-3-tolerance"):
        assert verdicts[name].verdict == "violated"
        assert "1 of 3 left, a write was acknowledged after 0.20 s, and no read was answered" in (
            text_of(verdicts[name].note, "en")
        )
    [row] = analysis.rows
    assert (row.majority, row.tolerance, row.states[2]) == (1, 1, "mixed")
    frame = analysis.tables["tolerance"]
    assert list(frame[frame["verdict"] == "violated"]["failed"]) == [2]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_number_that_a_size_cannot_have_is_violated_whatever_was_measured(size):
    rows = [(size, size + 1, size)]
    analysis = analyse_tolerance(survey_record(sizes=[size], expected=rows), [])
    verdicts = {verdict.id: verdict.verdict for verdict in analysis.verdicts}
    assert verdicts[f"size-{size}-majority"] == verdicts[f"size-{size}-tolerance"] == "violated"


@pytest.mark.parametrize(
    "change", [{"lost": ["a/1"]}, {"differing": "etcd-2 differs"}], ids=["lost", "differing"]
)
def test_what_is_lost_is_violated_whatever_the_table_says(change):
    cells = [*table(), cell(3, 1, "served", **change)]
    analysis = analyse_tolerance(survey_record(), cells)
    assert [verdict.id for verdict in analysis.verdicts if verdict.verdict == "violated"] == [
        "every-acknowledged-write-is-kept"
    ]


def test_the_residual_is_known_only_from_elections():
    quick = [cell(3, 1, "served", leader_failed=True)] * 35
    slow = [cell(3, 1, "served", leader_failed=True, write_s=1.2)] * 5
    assert residual_probability([cell(3, 1, "served"), cell(1, 1, "not-served")]) is None
    few, many = residual_probability(quick[:3]), residual_probability(quick)
    assert many < 0.002 < few < 1
    assert residual_probability(quick + slow) > many


def test_the_figures_are_those_of_the_table():
    cells = [*table(), cell(3, 1, "unknown")]
    figures = tolerance_figures(analyse_tolerance(survey_record(), table()))
    assert (figures["majority_8"].bracket.lower, figures["tolerance_8"].bracket.lower) == (5, 3)
    assert "nothing was served" in text_of(figures["majority_8"].evidence, "en")
    assert figures["served_with_majority"].bracket.lower == 1
    assert figures["served_without_majority"].bracket.upper == 0
    assert (figures["lost_writes"].bracket.lower, figures["differing_members"].bracket.lower) == (
        0,
        0,
    )
    partly = tolerance_figures(analyse_tolerance(survey_record(), cells))
    assert partly["majority_3"].unknown
    share = partly["served_with_majority"].bracket
    assert share.lower < share.upper == 1
    nothing = tolerance_figures(analyse_tolerance(survey_record(), []))
    assert nothing["lost_writes"].unknown
    assert nothing["tolerance_1"].unknown
