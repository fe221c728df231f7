"""Take a part of a survey away, or double it: no verdict and no figure becomes a better one."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_surveys import as_predicted, cell, survey_record, table

from chaos.survey.splits import splits_of
from reports.analysis.planned_rows import rows_of_plan
from reports.analysis.splits import analyse_splits
from reports.analysis.survey_figures import split_figures, tolerance_figures
from reports.analysis.tolerance import analyse_tolerance
from reports.history.survey_plan import PlannedCell, PlannedSplit
from reports.history.surveys import CELLS, SurveyWriter
from reports.kinds.registry import judge
from reports.locale.message import verbatim

STATES = st.sampled_from(["served", "not-served", "unknown"])
LOST = st.just({"lost": ["halab/1"]})
CHANGES = (
    st.fixed_dictionaries({}, optional={"write": STATES, "read": STATES})
    | LOST
    | st.just({"differing": verbatim("they differ")})
)
NOT_MEASURED = st.just({"bound_s": 0.0, "acknowledged": 0, "write": "unknown", "read": "unknown"})
FEW = {"min_size": 0, "max_size": 2}


TABLE = table([1, 2, 3], faults=("kill", "hang"))
SPLITS = [as_predicted(plan) for size in (2, 3, 5) for plan in splits_of(size)]


@st.composite
def tables(draw):
    """Draw a table that is right but for a few of its cells."""
    rows = list(TABLE)
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(rows) - 1))
        rows[place] = rows[place].model_copy(update=draw(CHANGES | NOT_MEASURED))
    return rows


@st.composite
def split_lists(draw):
    """Draw splits that are as predicted but for a few of their sides."""
    rows = list(SPLITS)
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(rows) - 1))
        sides = list(rows[place].sides)
        number = draw(st.integers(0, len(sides) - 1))
        change = draw(st.fixed_dictionaries({}, optional={"write": STATES, "read": STATES}))
        sides[number] = sides[number].model_copy(update=change)
        lost = draw(st.just({}) | LOST)
        rows[place] = rows[place].model_copy(update={"sides": sides, **lost})
    return rows


@st.composite
def mutations(draw, rows):
    """Return the rows after parts of them were deleted, doubled or moved."""
    mutated = list(rows)
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(mutated) - 1))
        row = mutated[place]
        how = draw(st.sampled_from(["delete", "double", "move", "delete side", "double side"]))
        sides = getattr(row, "sides", [])
        number = draw(st.integers(0, max(0, len(sides) - 1)))
        if how == "delete" and len(mutated) > 1:
            del mutated[place]
        elif how == "double":
            mutated.insert(draw(st.integers(0, len(mutated))), row)
        elif how == "move":
            mutated.append(mutated.pop(place))
        elif how == "delete side":
            kept = [*sides[:number], *sides[number + 1 :]]
            mutated[place] = row.model_copy(update={"sides": kept}) if sides else row
        elif how == "double side":
            mutated[place] = row.model_copy(update={"sides": [*sides, *sides[number : number + 1]]})
    return mutated


def record_of(rows):
    kind, plan = (
        ("splits", PlannedSplit) if hasattr(rows[0], "sides") else ("tolerance", PlannedCell)
    )
    planned = [plan(**row.model_dump(include=set(plan.model_fields))) for row in rows]
    return survey_record(kind, sorted({row.size for row in rows}), planned=planned)


def analysed(record, rows):
    """Return the verdicts and the figures."""
    if record.kind == "splits":
        analysis = analyse_splits(record, rows)
        return analysis.verdicts, split_figures(analysis)
    analysis = analyse_tolerance(record, rows)
    return analysis.verdicts, tolerance_figures(analysis)


def assert_nothing_better(before, after):
    """Every verdict is the same, or unknown; every figure has the old one in it, or is unknown."""
    old, new = (
        {verdict.id: verdict.verdict for verdict in verdicts} for verdicts, _ in (before, after)
    )
    assert old.keys() == new.keys()
    assert {name: new[name] for name in new if new[name] not in (old[name], "unknown")} == {}
    for name, figure in after[1].items():
        was = before[1][name]
        if not figure.unknown:
            assert not was.unknown, name
            assert figure.bracket.lower <= was.bracket.lower, name
            assert figure.bracket.upper >= was.bracket.upper, name


@pytest.mark.parametrize("rows", [tables(), split_lists()], ids=["table", "splits"])
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_no_part_that_is_missing_or_doubled_makes_a_verdict_better(rows, data):
    survey = data.draw(rows)
    record = record_of(survey)
    mutated = data.draw(mutations(survey))
    assert_nothing_better(analysed(record, survey), analysed(record, mutated))


def written(directory, record, rows):
    writer = SurveyWriter(directory, record)
    for row in rows:
        writer.row(row)
    writer.end("complete")
    run = judge(directory)
    return run.verdicts, run.figures


@pytest.mark.parametrize("rows", [tables(), split_lists()], ids=["table", "splits"])
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_no_line_that_is_missing_doubled_or_cut_makes_a_verdict_better(rows, data):
    survey = data.draw(rows)
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        before = written(directory, record_of(survey), survey)
        lines = (directory / CELLS).read_text().splitlines()
        place = data.draw(st.integers(0, len(lines) - 1))
        line = lines[place]
        cut = line[: data.draw(st.integers(0, len(line)))]
        new = data.draw(
            st.sampled_from([[], [line, line], [cut], ["{}"], [json.dumps({"line": 1})]])
        )
        lines[place : place + 1] = new
        (directory / CELLS).write_text("\n".join(lines) + "\n")
        after = judge(directory)
        assert_nothing_better(before, (after.verdicts, after.figures))
        if new != [line]:
            assert after.missing


def test_what_was_planned_and_is_not_there_is_there_unmeasured():
    there, lacking = cell(1, 0, "served"), cell(1, 1, "not-served", leader_failed=True)
    plans = record_of([there, lacking]).planned
    rows = rows_of_plan(plans, [there, there])
    assert rows[0] == there
    assert [(row.failed, row.write, row.is_measured) for row in rows[1:]] == [(1, "unknown", False)]


@pytest.mark.parametrize("rows", [TABLE, SPLITS], ids=["table", "splits"])
def test_a_size_that_was_measured_is_judged_whatever_sizes_the_record_names(rows):
    whole = record_of(rows)
    named = whole.model_copy(update={"sizes": [2]})
    assert_nothing_better(analysed(whole, rows), analysed(named, rows))


def test_a_side_that_is_not_there_is_there_and_unknown():
    whole = as_predicted(splits_of(3)[-1])  # with a bridge
    partly = whole.model_copy(update={"sides": [whole.sides[0], whole.sides[0]]})
    [row] = rows_of_plan([], [partly])
    assert [(side.name, side.write) for side in row.sides] == [
        ("a", "served"),
        ("b", "unknown"),
        ("bridge", "unknown"),
    ]
