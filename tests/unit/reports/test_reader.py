from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from english import english
from made_histories import (
    READ,
    experiment_record,
    run_record,
    sample_list,
    samples_of,
    trial_record,
    write_run,
)

from reports.errors import ReportError
from reports.history.events import HealBegin, InjectBegin, Steady
from reports.history.lines import LineWriter
from reports.history.parquet import SCHEMA
from reports.history.reader import read_suite
from reports.history.run_json import read_header
from reports.history.samples import Sample
from reports.history.schema import COLUMNS, OperationsRecord, SuiteRecord
from reports.history.writer import RunWriter

INJECTED = InjectBegin(0.5, "kill", "kill", ["x"], ["x"])


@pytest.fixture
def written(tmp_path):
    """A run directory with one trial of 10 good samples and one event."""
    return write_run(tmp_path / "run", run_record([trial_record()]), ({READ: "." * 10}, [INJECTED]))


def read_one(directory):
    _, (trial,), _ = read_suite(directory)
    return trial


def test_what_was_written_is_read(written):
    record, (trial,), missing = read_suite(written)
    assert (record, missing) == (run_record([trial_record()]), [])
    assert trial.experiment == record.experiments[0]
    assert list(trial.samples.columns) == list(COLUMNS)
    assert len(trial.samples) == 10
    assert (trial.events, trial.first(InjectBegin)) == ([INJECTED], INJECTED)
    assert trial.first(HealBegin) is None
    assert not (written / "trials/0000/samples.jsonl").exists()


def test_some_columns_can_be_read_alone(written):
    _, (trial,), missing = read_suite(written, ["probe", "started_s"])
    assert (list(trial.samples.columns), missing) == (["probe", "started_s"], [])


def test_samples_keep_their_numbers_and_their_count(written):
    table = pq.read_table(written / "trials/0000/samples.parquet")
    assert table.schema.metadata[b"halab_lines"] == b"10"
    assert sorted(table["line"].to_pylist()) == list(range(1, 11))


def test_a_planned_trial_that_was_not_begun_is_there_and_has_nothing(tmp_path):
    trials = [trial_record(), trial_record(index=1, number=1, status="planned")]
    write_run(tmp_path, run_record(trials), ({READ: "." * 10}, [INJECTED]))
    _, (_, trial), missing = read_suite(tmp_path)
    assert (trial.samples.empty, trial.events, trial.damage, missing) == (True, [], (), [])


def test_a_complete_trial_without_a_folder_is_damaged(tmp_path):
    RunWriter(tmp_path, run_record([trial_record()])).save()
    trial = read_one(tmp_path)
    assert trial.samples.empty
    assert "samples.jsonl cannot be read: No such file" in english(trial.doubt)


def test_a_trial_without_a_single_sample_can_be_closed_and_read(tmp_path):
    trial = read_one(write_run(tmp_path, run_record([trial_record()]), ({}, [])))
    assert (trial.samples.empty, trial.damage) == (True, ())


def test_lines_of_a_killed_writer_are_read_without_the_torn_one(tmp_path):
    folder = tmp_path / "trials/0000"
    folder.mkdir(parents=True)
    RunWriter(tmp_path, run_record([trial_record(status="planned")])).save()
    good = json.dumps({"line": 1, **sample_list({READ: "."})[0].line()})
    (folder / "samples.jsonl").write_text(good + "\n" + good[:40])
    (folder / "samples.parquet").write_bytes(b"PAR1 half of it")
    (folder / "events.jsonl").write_text('{"line": 1, "t_s": 1, "kind": "steady"}\n{"t_s": 2, "ki')
    trial = read_one(tmp_path)
    assert len(trial.samples) == 1
    assert trial.events == [Steady(1)]
    assert tuple(map(english, trial.damage)) == (
        "samples.jsonl ends in the middle of line 2",
        "events.jsonl ends in the middle of line 2",
    )


def break_run(text):
    return lambda folder: (folder / "run.json").write_text(text)


def changed(**changes):
    def change(folder):
        data = json.loads((folder / "run.json").read_text())
        (folder / "run.json").write_text(json.dumps(data | changes))

    return change


BROKEN = {
    "no directory": (lambda folder: folder.rename(folder.with_name("gone")), "No such file"),
    "truncated": (break_run('{"schema_version": 4, "id"'), "is no run of halab"),
    "not an object": (break_run("[1, 2]"), "it holds no JSON object"),
    "binary": (lambda folder: (folder / "run.json").write_bytes(b"\xff\xfe\x00"), "no run"),
    "foreign": (break_run('{"schema_version": 4, "hello": 2}'), "is no run of halab"),
    "of another kind": (changed(kind="claims"), "kind: Input should be 'suite'"),
    "a trial of no experiment": (changed(experiments=[]), "no experiment kill-it"),
    "older": (
        changed(schema_version=1),
        "schema 1 was written by halab 0.1; read it with that version, or run it again",
    ),
    "of before its sentences were data": (
        changed(schema_version=2),
        "schema 2 was written by an earlier halab; read it with that version, or run it again",
    ),
    "of before it named its nodes": (
        changed(schema_version=3),
        "schema 3 was written by an earlier halab; read it with that version, or run it again",
    ),
    "newer": (changed(schema_version=99), "schema 99 is not 4, which this halab reads"),
}


@pytest.mark.parametrize(("damage", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_run_is_one_clear_error(written, damage, message):
    damage(written)
    with pytest.raises(ReportError, match=message):
        read_suite(written)


def test_the_header_is_read_of_any_kind(written):
    changed(kind="something new", more=3)(written)
    header = read_header(written)
    assert (header.kind, header.id, header.seed) == ("something new", "r1", 0)


def in_trial(name, write):
    return lambda folder: write(folder / "trials/0000" / name)


def stream(*rows):
    """Return what writes a stream of these rows, closed."""

    def write(path):
        writer = LineWriter(path)
        for row in rows:
            writer.write(row)
        writer.close()

    return write


def stored(change):
    """Return what writes the stored samples again, changed."""

    def write(path):
        pq.write_table(change(pq.read_table(path)), path)

    return write


def with_value(column, value):
    rows = [sample.line() for sample in sample_list({READ: "...."})]
    rows[2][column] = value
    return stream(*rows)


EVENT = {"t_s": 1, "kind": "steady"}
DAMAGED = {
    "torn Parquet": (
        in_trial("samples.parquet", lambda path: path.write_bytes(b"PAR1")),
        "samples.parquet is broken",
        (0, 1),
    ),
    "no samples": (in_trial("samples.parquet", Path.unlink), "samples.jsonl cannot be", (0, 1)),
    "no events": (
        in_trial("events.jsonl", Path.unlink),
        "events.jsonl cannot be read: No such file",
        (10, 0),
    ),
    "events that are not closed": (
        in_trial(
            "events.jsonl", lambda path: path.write_text(json.dumps({"line": 1, **EVENT}) + "\n")
        ),
        "events.jsonl was not closed",
        (10, 1),
    ),
    "an event that lacks what belongs to it": (
        in_trial("events.jsonl", stream(EVENT, {"t_s": 1, "kind": "leader"})),
        "events.jsonl: 1 events cannot be read",
        (10, 1),
    ),
    "a time that is none": (
        in_trial("events.jsonl", stream(EVENT | {"t_s": float("nan")})),
        "events.jsonl: 1 events cannot be read",
        (10, 0),
    ),
    "a column less": (
        in_trial("samples.parquet", stored(lambda table: table.drop_columns(["master"]))),
        "lacks the columns master",
        (0, 1),
    ),
    "no numbers": (
        in_trial("samples.parquet", stored(lambda table: table.drop_columns(["line"]))),
        "lacks the columns line",
        (0, 1),
    ),
    "a stored sample less": (
        in_trial("samples.parquet", stored(lambda table: table.slice(1))),
        "samples.parquet was closed with 10 lines and holds 9",
        (9, 1),
    ),
    "a stored sample twice": (
        in_trial(
            "samples.parquet", stored(lambda table: table.take([0, 0, 1, 2, 3, 4, 5, 6, 7, 8]))
        ),
        "samples.parquet: its lines are not numbered from 1 to 10 in order",
        (10, 1),
    ),
    "times that are texts": (
        in_trial(
            "samples.parquet",
            stored(
                lambda table: table.set_column(3, "scheduled_s", pa.array(["soon"] * len(table)))
            ),
        ),
        "samples.parquet is broken: Failed to parse string: 'soon'",
        (0, 1),
    ),
    "nothing says how many": (
        in_trial("samples.parquet", stored(lambda table: table.replace_schema_metadata({}))),
        "samples.parquet was not closed",
        (10, 1),
    ),
    "a sample without a time": (
        in_trial("samples.jsonl", with_value("started_s", None)),
        "samples.jsonl: 1 rows cannot be read and are left out, the first is number 3",
        (3, 1),
    ),
    "a sample at no time": (
        in_trial("samples.jsonl", with_value("started_s", 1e9)),
        "samples.jsonl: 1 samples cannot be read and are left out, the first is number 3",
        (3, 1),
    ),
    "a sample whose worker is a number": (
        in_trial("samples.jsonl", with_value("worker", 7)),
        "samples.jsonl: 1 rows cannot be read",
        (3, 1),
    ),
}


@pytest.mark.parametrize(("damage", "text", "left"), DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_trial_is_read_as_far_as_it_goes_and_is_unknown(written, damage, text, left):
    damage(written)
    _, (trial,), missing = read_suite(written)
    assert text in english(trial.doubt)
    assert list(map(english, missing)) == [f"trial 0: {english(damage)}" for damage in trial.damage]
    assert (len(trial.samples), len(trial.events)) == left


def test_a_trial_that_run_json_does_not_know_is_named(written):
    (written / "trials/0007").mkdir()
    (missing,) = read_suite(written)[2]
    assert english(missing) == "trials/0007 is not in run.json"


def test_samples_of_another_tool_are_read_alike(written):
    path = written / "trials/0000/samples.parquet"
    meta = pq.read_schema(path).metadata
    table = pq.read_table(path).cast(pq.read_schema(path).with_metadata(meta))
    pq.write_table(table, path, use_dictionary=False)
    frame = read_one(written).samples
    expected = samples_of({READ: "." * 10})
    pd.testing.assert_frame_equal(frame.astype(expected.dtypes.to_dict()), expected)
    assert SCHEMA.names == list(COLUMNS) == [field.name for field in fields(Sample)]


def test_operations_have_a_stream_only_where_they_are_planned(tmp_path):
    asked = experiment_record(
        operations=OperationsRecord(store="etcd", rate_hz=1, keys=1, timeout_s=1)
    )
    for name, experiment in (("with", asked), ("without", experiment_record())):
        record = run_record([trial_record()], [experiment])
        write_run(tmp_path / name, record, ({}, []))
        assert (tmp_path / name / "trials/0000/ops.jsonl").exists() == (name == "with")
    assert isinstance(read_suite(tmp_path / "with")[0], SuiteRecord)
