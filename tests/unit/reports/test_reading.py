from __future__ import annotations

import json
from pathlib import Path

import pytest
from made_histories import READ, run_record, samples_of, trial_record

from reports.errors import ReportError
from reports.history.reader import read_run, read_trials, strangers
from reports.history.schema import COLUMNS
from reports.history.writer import RunWriter


@pytest.fixture
def written(tmp_path):
    """A run directory with one trial of 10 good samples and one event."""
    writer = RunWriter(tmp_path / "run", run_record([trial_record()]))
    writer.save()
    trial = writer.trial(0)
    trial.event(0.5, "inject_begin", target="x")
    for sample in samples_of({READ: "." * 10}).to_dict("records"):
        trial.sample(sample)
    trial.close()
    return tmp_path / "run"


def test_what_was_written_is_read(written):
    run = read_run(written)
    (trial,) = read_trials(written, run)
    assert run == run_record([trial_record()])
    assert list(trial.samples.columns) == list(COLUMNS)
    assert len(trial.samples) == 10
    assert trial.time_of("inject_begin") == 0.5
    assert trial.time_of("heal_begin") is None
    assert not (written / "trials/0000/samples.jsonl").exists()


def test_a_trial_that_wrote_nothing_is_empty(tmp_path):
    writer = RunWriter(tmp_path, run_record([trial_record()]))
    writer.save()
    (trial,) = read_trials(tmp_path, read_run(tmp_path))
    assert trial.samples.empty
    assert trial.events == []


def test_a_trial_without_a_single_sample_can_be_closed_and_read(tmp_path):
    writer = RunWriter(tmp_path, run_record([trial_record()]))
    writer.save()
    writer.trial(0).close()
    (trial,) = read_trials(tmp_path, read_run(tmp_path))
    assert trial.samples.empty


def test_lines_of_a_killed_writer_are_read_without_the_torn_one(tmp_path):
    writer = RunWriter(tmp_path, run_record([trial_record()]))
    writer.save()
    folder = tmp_path / "trials/0000"
    folder.mkdir(parents=True)
    good = json.dumps(samples_of({READ: "."}).to_dict("records")[0])
    (folder / "samples.jsonl").write_text(good + "\n" + good[:40])
    (folder / "samples.parquet").write_bytes(b"PAR1 half of it")
    (folder / "events.jsonl").write_text('{"t_s": 1, "kind": "steady"}\n{"t_s": 2, "ki')
    (trial,) = read_trials(tmp_path, read_run(tmp_path))
    assert len(trial.samples) == 1
    assert [event["kind"] for event in trial.events] == ["steady"]


def break_run(text):
    return lambda folder: (folder / "run.json").write_text(text)


def newer(folder):
    data = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(data | {"schema_version": 99}))


BROKEN = {
    "no directory": (lambda folder: folder.rename(folder.with_name("gone")), "No such file"),
    "truncated": (break_run('{"schema_version": 1, "id"'), "is no run of halab"),
    "not an object": (break_run("[1, 2]"), "it holds no JSON object"),
    "binary": (lambda folder: (folder / "run.json").write_bytes(b"\xff\xfe\x00"), "no run"),
    "foreign": (break_run('{"schema_version": 1, "hello": 2}'), "is no run of halab"),
    "newer": (newer, "schema 99, this halab reads 1"),
}


@pytest.mark.parametrize(("damage", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_run_is_one_clear_error(written, damage, message):
    damage(written)
    with pytest.raises(ReportError, match=message):
        read_trials(written, read_run(written))


def in_trial(name, write):
    return lambda folder: write(folder / "trials/0000" / name)


def without(column):
    return lambda path: samples_of({READ: "."}).drop(columns=[column]).to_parquet(path)


def with_value(column, value):
    def write(path):
        samples = samples_of({READ: "...."}).astype({column: object})
        samples.loc[2, column] = value
        path.with_suffix(".jsonl").write_text(samples.to_json(orient="records", lines=True))

    return write


EVENT = '{"t_s": 1, "kind": "steady"}\n'
DAMAGED = {
    "torn Parquet": (
        in_trial("samples.parquet", lambda path: path.write_bytes(b"PAR1")),
        "samples.parquet is broken",
        (0, 1),
    ),
    "no samples": (in_trial("samples.parquet", Path.unlink), "no samples are there", (0, 1)),
    "no events": (
        in_trial("events.jsonl", Path.unlink),
        "events.jsonl cannot be read: No such file",
        (10, 0),
    ),
    "events that are none": (
        in_trial("events.jsonl", lambda path: path.write_text(EVENT + "[1]\n[2]\n" + EVENT)),
        "events.jsonl: 2 lines cannot be read and are left out, the first is line 2",
        (10, 2),
    ),
    "a line without its end": (
        in_trial("events.jsonl", lambda path: path.write_text(EVENT + EVENT[:12])),
        "events.jsonl ends in the middle of line 2",
        (10, 1),
    ),
    "an event that lacks what belongs to it": (
        in_trial("events.jsonl", lambda path: path.write_text('{"t_s": 1, "kind": "leader"}\n')),
        "events.jsonl: 1 events cannot be read",
        (10, 0),
    ),
    "a time that is none": (
        in_trial("events.jsonl", lambda path: path.write_text('{"t_s": NaN, "kind": "steady"}\n')),
        "events.jsonl: 1 events cannot be read",
        (10, 0),
    ),
    "a column less": (
        in_trial("samples.parquet", without("master")),
        "lacks the columns master",
        (0, 1),
    ),
    "a sample without a time": (
        in_trial("samples.jsonl", with_value("started_s", None)),
        "samples.jsonl: 1 samples cannot be read and are left out, the first is number 3",
        (3, 1),
    ),
    "a sample whose worker is a number": (
        in_trial("samples.jsonl", with_value("worker", 7)),
        "samples.jsonl: 1 samples cannot be read",
        (3, 1),
    ),
}


@pytest.mark.parametrize(("damage", "said", "left"), DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_trial_is_read_as_far_as_it_goes_and_is_unknown(written, damage, said, left):
    damage(written)
    (trial,) = read_trials(written, read_run(written))
    assert said in trial.record.unknown_reason
    assert [trial.record.unknown_reason] == list(trial.damage)
    assert (len(trial.samples), len(trial.events)) == left


def test_a_trial_that_run_json_does_not_know_is_named(written):
    (written / "trials/0007").mkdir()
    assert strangers(written, [0]) == ["trials/0007 is not in run.json"]
