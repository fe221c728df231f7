"""What must be undone, on disk; and every problem of an input on a line of its own."""

from __future__ import annotations

import json
import re
import time

import pytest
from pydantic import BaseModel, Field, ValidationError

from chaos.errors import problems_of
from chaos.journal import Journal, new_undo


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path)


def test_a_journal_that_was_never_written_has_nothing_open(journal):
    assert journal.open_undos() == []


@pytest.mark.parametrize(
    ("notes", "open_undos"),
    [
        pytest.param(["a planned"], ["a"], id="planned"),
        pytest.param(["a planned", "a undone"], [], id="undone"),
        pytest.param(
            ["b planned", "a planned", "c planned"], ["b", "a", "c"], id="in the order of planning"
        ),
        pytest.param(
            ["a planned", "b planned", "a undone", "c planned"], ["b", "c"], id="one of three"
        ),
        pytest.param(["a planned", "b planned", "a planned"], ["a", "b"], id="planned again"),
        pytest.param(["a planned", "a undone", "a planned"], ["a"], id="planned after its undo"),
    ],
)
def test_open_is_what_was_planned_and_not_undone(journal, notes, open_undos):
    for note in notes:
        journal.note(*note.split())
    assert journal.open_undos() == open_undos


@pytest.mark.parametrize("torn", ['{"undo": "b", "sta', "{", '{"undo": "b", "state": "planned"'])
def test_a_line_torn_by_a_crash_is_passed_over(journal, torn):
    journal.note("a", "planned")
    with journal.path.open("a", encoding="utf-8") as handle:
        handle.write(torn)
    assert journal.open_undos() == ["a"]


def test_a_torn_line_hides_none_of_the_lines_around_it(journal):
    journal.note("a", "planned")
    with journal.path.open("a", encoding="utf-8") as handle:
        handle.write('{"undo": "b", "sta\n')
    journal.note("c", "planned")
    journal.note("a", "undone")
    assert journal.open_undos() == ["c"]


def test_a_note_is_one_line_with_its_fields_and_the_time(journal):
    before_s = time.time()
    journal.note("f1", "planned", fault="kill", on="etcd-1/etcd\nand more")
    [line] = journal.path.read_text(encoding="utf-8").splitlines()
    note = json.loads(line)
    assert before_s <= note.pop("wall_s") <= time.time()
    fields = {"fault": "kill", "on": "etcd-1/etcd\nand more"}
    assert note == {"undo": "f1", "state": "planned", **fields}


def test_another_journal_of_the_same_lab_goes_on_where_the_first_ended(tmp_path):
    Journal(tmp_path).note("a", "planned")
    Journal(tmp_path).note("b", "planned")
    assert Journal(tmp_path).open_undos() == ["a", "b"]


def test_the_name_of_an_undo_is_new_and_valid_in_the_name_of_a_table():
    names = [new_undo() for _ in range(100)]
    assert all(re.fullmatch(r"f[0-9a-f]{8}", name) for name in names)
    assert len(set(names)) == 100


class Inner(BaseModel):
    size: int = Field(ge=1)


class Outer(BaseModel):
    name: str
    parts: list[Inner]


def test_every_problem_is_on_a_line_of_its_own_with_its_place():
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate({"parts": [{"size": 1}, {"size": 0}, {}]})
    assert problems_of(caught.value).splitlines() == [
        "  name: Field required",
        "  parts.1.size: Input should be greater than or equal to 1",
        "  parts.2.size: Field required",
    ]
