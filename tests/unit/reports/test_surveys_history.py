"""What a survey's directory holds, and what its reader says is broken or missing."""

from __future__ import annotations

import json

import pytest
from made_surveys import cell, split, survey_record, table

from reports.errors import ReportError
from reports.history.survey_plan import PlannedCell, PlannedSplit
from reports.history.surveys import (
    CELLS,
    SurveyWriter,
    read_splits,
    read_tolerance,
)
from reports.locale.catalogue import text_of


def planned(rows, model):
    return [model(**row.model_dump(include=set(model.model_fields))) for row in rows]


@pytest.fixture
def written(tmp_path):
    """Write rows as a survey that planned them; return its directory."""

    def write(rows, *, plan=None, kind="tolerance", status="complete"):
        model = PlannedCell if kind == "tolerance" else PlannedSplit
        plan = planned(rows if plan is None else plan, model)
        writer = SurveyWriter(tmp_path, survey_record(kind, planned=plan))
        for row in rows:
            writer.row(row)
        writer.end(status)
        return tmp_path

    return write


def test_what_was_written_is_read_and_nothing_is_missing(written):
    rows = table(sizes=(1, 2))
    survey = read_tolerance(written(rows))
    assert survey.rows == rows
    assert (survey.damage, survey.missing) == ([], [])


def test_splits_are_read_too(written):
    rows = [split([2, 1], 0, [("a", "a1 a2", "served"), ("b", "b1", "not-served")])]
    survey = read_splits(written(rows, kind="splits"))
    assert survey.rows == rows
    assert (survey.damage, survey.missing) == ([], [])


def test_cells_that_were_planned_and_are_not_there_are_missing(written):
    rows = table(sizes=(3,))
    survey = read_tolerance(written(rows[2:], plan=rows))
    [missing] = survey.missing
    text = text_of(missing, "en")
    assert text.startswith("2 of 6 that were planned are not there, the first: size 3, ")
    assert "failed 0, leader_failed False, fault kill, trial 0" in text
    assert survey.damage == []


def test_a_cell_that_is_there_twice_stands_for_no_other(written):
    rows = table(sizes=(1,))
    survey = read_tolerance(written([rows[0], rows[0]], plan=rows))
    assert len(survey.missing) == 1


def test_an_interrupted_survey_says_what_it_did_not_come_to(written):
    rows = table(sizes=(3,))
    directory = written(rows[:1], plan=rows, status="interrupted")
    path = directory / CELLS
    path.write_text("\n".join(path.read_text().splitlines()[:-1]) + "\n")  # nobody closed it
    survey = read_tolerance(directory)
    assert survey.damage == []
    assert text_of(survey.missing[0], "en").startswith("5 of 6 that were planned")


DAMAGES = {
    "a line that was deleted": lambda lines: [lines[0], *lines[2:]],
    "one that was written twice": lambda lines: [lines[0], *lines],
    "the end cut off": lambda lines: lines[:-1],
    "no JSON": lambda lines: ["nothing", *lines[1:]],
    "a cell of another kind": lambda lines: [json.dumps({"line": 1, "size": 3}), *lines[1:]],
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_stream_that_was_changed_is_damaged(written, damage):
    directory = written(table(sizes=(1, 2)))
    path = directory / CELLS
    path.write_text("\n".join(damage(path.read_text().splitlines())) + "\n")
    assert read_tolerance(directory).damage


def test_what_is_no_survey_of_that_kind_is_refused(written):
    directory = written([cell(1, 0, "served")])
    with pytest.raises(ReportError, match="holds tolerance, not splits"):
        read_splits(directory)


def test_a_split_led_by_a_group_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="there is no group 2"):
        PlannedSplit(size=3, groups=[2, 1], leader_in=2, bridge=False, trial=0)


def test_an_old_survey_is_refused_by_name(written):
    directory = written([cell(1, 0, "served")])
    record = json.loads((directory / "run.json").read_text())
    (directory / "run.json").write_text(json.dumps({**record, "schema_version": 1}))
    with pytest.raises(ReportError, match=r"written by halab 0\.1"):
        read_tolerance(directory)
