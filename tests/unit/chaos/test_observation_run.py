"""The observation of an endpoint: the lines of its prober become samples and events."""

from __future__ import annotations

import contextlib
import json
from types import SimpleNamespace

import pytest

from chaos.errors import ChaosError
from chaos.probes import observation_run
from chaos.probes.endpoint import Identity, parse_url
from chaos.probes.observation_plan import Observation, open_observation, series_of
from chaos.probes.observation_run import SampleRecorder, observe
from reports.history.events import ObserveBegin, ProbeCpu, ProbingEnd
from reports.history.reader import read_suite

URL = "https://10.0.0.5:6443/livez?verbose"
OBSERVATION = Observation(
    parse_url(URL), "10.0.0.5", Identity("ca.crt"), series_of("both", 20.0), 1.0, None
)
SAMPLE = {"probe": "read", "connection": "new", "outcome": "ok", "status": 200, "error": ""}
SAMPLE |= {"scheduled_s": 102.0, "started_s": 102.0, "ended_s": 102.5, "master": ""}
SAMPLE |= {"client_port": 40000}


def recorded(tmp_path, *printed, code=0, complaint=""):
    """Return the recorder, what followed, and the history that was written."""
    writer = open_observation(OBSERVATION, tmp_path / "mine", tmp_path, "halab probe")
    followed = []
    recorder = SampleRecorder(writer.trial(0), URL, followed.append)
    lines = [line if isinstance(line, str) else json.dumps(line) for line in printed]
    stderr = SimpleNamespace(read=lambda: complaint)
    recorder.read(SimpleNamespace(stdout=lines, stderr=stderr, wait=lambda: code, returncode=code))
    recorder.close()
    (history,) = read_suite(tmp_path / "mine")[1]
    return recorder, followed, history


def test_what_is_printed_counts_from_the_first_probe(tmp_path):
    recorder, followed, history = recorded(
        tmp_path,
        {"cpu_s": 1.0, "at_s": 99.0},
        {"begin_s": 100.0},
        SAMPLE,
        {"cpu_s": 1.5, "at_s": 104.0},
        {"end_s": 103.0},
    )
    assert recorder.failure == ""
    assert history.damage == ()
    (sample,) = followed
    times = ("scheduled_s", "started_s", "ended_s")
    assert [getattr(sample, name) for name in times] == [2.0, 2.0, 2.5]
    assert history.samples[[*times]].to_numpy().tolist() == [[2.0, 2.0, 2.5]]
    assert list(history.events) == [
        ObserveBegin(0.0, URL),
        ProbingEnd(3.0),
        ProbeCpu(4.0, "this-host", 0.1),
    ]


@pytest.mark.parametrize(
    ("printed", "code", "complaint", "failure"),
    [
        pytest.param(["Traceback"], 0, "", "Expecting value", id="what is no line"),
        pytest.param([], 1, "no such file\n", "no such file", id="an error with a reason"),
        pytest.param([], 3, "", "exit code 3", id="an error without any"),
    ],
)
def test_a_prober_that_fails_is_a_failure_with_its_reason(
    tmp_path, printed, code, complaint, failure
):
    recorder, _, _ = recorded(tmp_path, *printed, code=code, complaint=complaint)
    assert failure in recorder.failure


@pytest.mark.parametrize("error", [KeyboardInterrupt, ChaosError("the prober failed")], ids=repr)
def test_a_full_disk_at_the_end_replaces_nothing_and_all_is_tried(tmp_path, monkeypatch, error):
    writer = open_observation(OBSERVATION, tmp_path / "mine", tmp_path, "halab probe")
    tried = []

    def full(what):
        tried.append(what)
        raise OSError(28, "No space left on device")

    class Failing(SampleRecorder):
        def close(self):
            super().close()
            full("samples")

    @contextlib.contextmanager
    def prober(_):
        raise error
        yield

    save, saves = writer.save, iter(range(1))

    def save_once():
        if next(saves, None) is None:
            full("run.json")
        save()

    monkeypatch.setattr(observation_run, "SampleRecorder", Failing)
    monkeypatch.setattr(observation_run, "_prober", prober)
    monkeypatch.setattr(writer, "save", save_once)
    with pytest.raises(error if isinstance(error, type) else type(error)):
        observe(OBSERVATION, writer, lambda _: None)
    assert tried == ["samples", "run.json"]
