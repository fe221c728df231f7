"""Moments are read from what a command has written."""

from __future__ import annotations

import json

import pytest

from tests.torture.moments import MARKERS, Traces, wait_for


@pytest.fixture
def traces(tmp_path):
    made = Traces(tmp_path / "state", tmp_path / "runs")
    made.state.mkdir()
    (made.runs / "r/trials/0000").mkdir(parents=True)
    return made


def reached(traces):
    return {
        moment
        for (command, moment), marker in MARKERS.items()
        if command == "run" and marker.reached(traces, 0)
    }


def test_each_moment_of_a_run_begins_with_what_is_written_then(traces):
    events = traces.runs / "r/trials/0000/events.jsonl"
    record = traces.runs / "r/run.json"
    assert reached(traces) == set()
    lab = traces.state / "labs/run-1"
    lab.mkdir(parents=True)
    (lab / "lab.json").touch()
    record.write_text(json.dumps({"trials": [{"status": "interrupted"}]}))
    assert reached(traces) == {"up"}
    (lab / "journal.jsonl").write_text('{"undo": "f1", "state": "planned"}\n')
    assert reached(traces) == {"up", "inject"}
    events.write_text('{"kind": "effect_confirmed"}\n')
    assert reached(traces) == {"up", "inject", "hold"}
    events.write_text('{"kind": "effect_confirmed"}\n{"kind": "heal_begin"}\n')
    assert reached(traces) == {"up", "inject", "hold", "heal"}
    record.write_text(json.dumps({"trials": [{"status": "complete"}]}))
    assert reached(traces) == {"up", "inject", "hold", "heal", "down"}
    for file in lab.iterdir():
        file.unlink()
    lab.rmdir()
    assert {"down", "report"} <= reached(traces)


def test_a_command_that_ends_before_its_moment_is_not_waited_for(traces):
    assert not wait_for(MARKERS["run", "hold"], traces, 0, lambda: False, 60)
    assert not wait_for(MARKERS["run", "hold"], traces, 0, lambda: True, 0.02)
