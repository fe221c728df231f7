from __future__ import annotations

import json

import pytest
from made_histories import READ, run_record, samples_of, trial_record

from reports.errors import ReportError
from reports.history.reader import read_run, read_trials
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
    "torn Parquet": (
        lambda folder: (folder / "trials/0000/samples.parquet").write_bytes(b"PAR1"),
        "samples.parquet is broken",
    ),
    "events that are none": (
        lambda folder: (folder / "trials/0000/events.jsonl").write_text("[1]\n[2]\n"),
        "events.jsonl:1 is no event",
    ),
    "a broken line amid others": (
        lambda folder: (folder / "trials/0000/events.jsonl").write_text('{"t\n{"t_s": 1}\n'),
        "events.jsonl:1 is broken",
    ),
}


@pytest.mark.parametrize(("damage", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_run_is_one_clear_error(written, damage, message):
    damage(written)
    with pytest.raises(ReportError, match=message):
        read_trials(written, read_run(written))


def test_columns_that_are_missing_are_named(written):
    path = written / "trials/0000/samples.parquet"
    samples_of({READ: "."}).drop(columns=["master"]).to_parquet(path)
    with pytest.raises(ReportError, match="lacks the columns master"):
        read_trials(written, read_run(written))
