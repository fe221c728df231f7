"""Streams of numbered lines: whatever is deleted, doubled, moved or cut off is said."""

from __future__ import annotations

import json
import operator
from dataclasses import replace

import pyarrow as pa
import pytest
from english import english
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.history.columns import read_columns
from reports.history.lines import LineWriter, read_lines
from reports.history.operations import Operation, frame_of, operations_at, read_operations

COUNT = 6
SCHEMA = pa.schema([pa.field("n", pa.int64(), nullable=False), pa.field("text", pa.string())])
ROWS = [{"n": number, "text": None if number == 3 else f"row {number}"} for number in range(COUNT)]


@pytest.fixture
def stream(tmp_path):
    writer = LineWriter(tmp_path / "stream.jsonl")
    for row in ROWS:
        writer.write(row)
    writer.close()
    return tmp_path / "stream.jsonl"


def both(path, **options):
    """Read a stream in both ways; return what they found and the damage of each."""
    lines, columns = [], []
    plain = read_lines(path, lines, **options)
    table = read_columns(path, SCHEMA, columns, **options).to_pylist()
    return plain, table, list(map(english, lines)), list(map(english, columns))


def test_a_stream_that_is_whole_is_read_without_a_word(stream):
    assert both(stream) == (ROWS, ROWS, [], [])


def test_a_stream_of_nothing_is_whole_when_it_was_closed(tmp_path):
    writer = LineWriter(tmp_path / "stream.jsonl")
    writer.close()
    writer.close()
    assert both(tmp_path / "stream.jsonl") == ([], [], [], [])


def edited(edit):
    def damage(path):
        lines = path.read_text().splitlines(keepends=True)
        edit(lines)
        path.write_text("".join(lines))

    return damage


def swap(lines):
    lines[1], lines[2] = lines[2], lines[1]


DAMAGE = {
    "a line is gone": (lambda lines: lines.pop(2), "closed with 6 lines and holds 5", 5),
    "a line is there twice": (
        lambda lines: lines.insert(2, lines[2]),
        "closed with 6 lines and holds 7",
        7,
    ),
    "one is gone, another is there twice": (
        lambda lines: lines.__setitem__(4, lines[2]),
        "not numbered from 1 to 6 in order",
        6,
    ),
    "two are swapped": (swap, "not numbered from 1 to 6 in order", 6),
    "it was not closed": (lambda lines: lines.pop(), "was not closed: it holds 6 lines", 6),
    "it was closed twice": (
        lambda lines: lines.append(lines[-1]),
        "not numbered from 1 to 6 in order",
        6,
    ),
    "the first and the closing line are gone": (
        lambda lines: (lines.pop(0), lines.pop()),
        "was not closed: it holds 5 lines",
        5,
    ),
    "a line is no JSON": (
        lambda lines: lines.__setitem__(1, "{]\n"),
        "1 lines cannot be read and are left out, the first is line 2",
        5,
    ),
    "a line is no object": (
        lambda lines: lines.__setitem__(1, "[]\n"),
        "1 lines cannot be read and are left out, the first is line 2",
        5,
    ),
}


@pytest.mark.parametrize(("edit", "text", "left"), DAMAGE.values(), ids=DAMAGE.keys())
def test_what_was_done_to_a_stream_is_said_in_both_ways_of_reading_it(stream, edit, text, left):
    edited(edit)(stream)
    plain, table, lines, columns = both(stream)
    assert (len(plain), len(table)) == (left, left)
    assert [text in "; ".join(found) for found in (lines, columns)] == [True, True]
    assert lines == columns


def test_a_line_that_was_cut_in_two_is_left_out(stream):
    stream.write_bytes(stream.read_bytes()[:-20].rstrip(b"\n"))
    plain, table, lines, columns = both(stream)
    assert plain == table == ROWS[: len(plain)]
    assert "ends in the middle of line" in lines[0]
    assert "ends in the middle of line" in columns[0]


def test_what_was_under_way_need_not_have_been_closed_but_must_be_in_order(stream):
    edited(lambda lines: lines.pop())(stream)
    assert both(stream, ended=False) == (ROWS, ROWS, [], [])
    edited(swap)(stream)
    assert both(stream, ended=False)[2:] == (
        ["stream.jsonl: its lines are not numbered from 1 to 6 in order"],
        ["stream.jsonl: its lines are not numbered from 1 to 6 in order"],
    )


@pytest.mark.parametrize(
    "wrong", [{"n": 1, "text": "\ud800"}, {"n": 10**30}, {"n": 1, "text": [[2**63]]}], ids=str
)
def test_a_line_of_half_a_character_or_too_long_a_number_is_no_line(stream, wrong):
    row = json.dumps({"line": 3, **wrong}) + "\n"
    edited(lambda lines: lines.__setitem__(2, row))(stream)
    damage = []
    assert read_columns(stream, SCHEMA, damage).to_pylist() == [*ROWS[:2], *ROWS[3:]]
    assert list(map(english, damage)) == [
        "stream.jsonl: 1 lines cannot be read and are left out, the first is line 3"
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        *({"text": "no n"}, {"n": None}, {"n": "3"}, {"n": 1.5}, {"n": True}),
        *({"n": 1, "text": 4}, {"n": 1, "text": ["a"]}),
    ],
    ids=str,
)
def test_a_row_of_another_shape_is_left_out(stream, wrong):
    row = json.dumps({"line": 3, **wrong}) + "\n"
    edited(lambda lines: lines.__setitem__(2, row))(stream)
    damage = []
    table = read_columns(stream, SCHEMA, damage)
    assert table.to_pylist() == [*ROWS[:2], *ROWS[3:]]
    assert list(map(english, damage)) == [
        "stream.jsonl: 1 rows cannot be read and are left out, the first is number 3"
    ]


def test_a_file_that_is_not_there_is_said(tmp_path):
    damage = []
    assert read_columns(tmp_path / "no.jsonl", SCHEMA, damage).num_rows == 0
    assert list(map(english, damage)) == ["no.jsonl cannot be read: No such file or directory"]


TEXTS = st.text(st.characters(codec="utf-8"), max_size=5)
OPERATIONS = st.builds(
    Operation,
    process=st.integers(0, 2**40),
    op=st.sampled_from(["write", "read", "list", "watch"]),
    key=TEXTS,
    value=st.none() | TEXTS,
    invoke_s=st.floats(0, 10),
    complete_s=st.floats(10, 20),
    outcome=st.sampled_from(["ok", "fail", "unknown"]),
    revision=st.integers(0, 2**42),
    mod_revision=st.integers(0, 2**42),
    via=TEXTS,
    stale=st.booleans(),
)


VALUED = OPERATIONS.filter(lambda it: it.value is not None or not it.mod_revision)
REQUEST = operator.attrgetter("process", "invoke_s", "key")


@settings(deadline=None)  # a busy machine is no failure
@given(st.lists(VALUED, max_size=5, unique_by=REQUEST))
def test_operations_are_read_as_they_were_written(tmp_path_factory, operations):
    path = tmp_path_factory.mktemp("operations") / "ops.jsonl"
    writer = LineWriter(path)
    for operation in operations:
        writer.write(operation.line())
    writer.close()
    damage = []
    frame = read_operations(path, damage)
    assert damage == []
    assert operations_at(frame, range(len(frame))) == tuple(operations)
    assert frame.dtypes.to_dict() == frame_of(operations).dtypes.to_dict()


@pytest.mark.parametrize(
    "change", [{"complete_s": -1.0}, {"complete_s": 1e9}, {"op": "dance"}, {"outcome": "maybe"}]
)
def test_an_operation_that_is_none_is_said(tmp_path, change):
    operation = Operation(1, "write", "a", "b", 0.0, 1.0, "ok")
    writer = LineWriter(tmp_path / "ops.jsonl")
    writer.write(replace(operation, **change).line())
    writer.close()
    damage = []
    read_operations(tmp_path / "ops.jsonl", damage)
    assert list(map(english, damage)) == [
        "ops.jsonl: 1 operations are none, or end before they begin"
    ]
