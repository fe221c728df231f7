"""An observed endpoint as a run: what is planned, and what becomes of what a prober prints."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from chaos.probes.endpoint import Identity, parse_url
from chaos.probes.observation import Observation, open_observation, series_of
from chaos.probes.observing import SampleRecorder
from reports.history.events import ObserveBegin, ProbeCpu, ProbingEnd
from reports.history.reader import read_suite

URL = "https://10.0.0.5:6443/livez?verbose"


def observation(deadline_s=1.0, url=URL):
    series = series_of("both", 20.0)
    identity = Identity("ca.crt")
    return Observation(parse_url(url), "10.0.0.5", identity, series, deadline_s, None)


def test_what_is_to_be_observed_is_written_before_it_begins(tmp_path):
    writer = open_observation(observation(), tmp_path / "mine", tmp_path, "halab probe")
    record, trials, _ = read_suite(tmp_path / "mine")
    assert record == writer.record
    identity = (record.kind, record.id, record.name, record.runtime)
    assert identity == ("suite", "mine", "probe", "none")
    assert (record.status, record.trials[0].status) == ("interrupted", "planned")
    (experiment,) = record.experiments
    assert (experiment.steps, experiment.members, experiment.operations) == ([], [], None)
    assert experiment.lab == {"url": URL, "address": "10.0.0.5"}
    assert [(one.connection, one.rate_hz, one.workers) for one in experiment.series] == [
        ("new", 20.0, ["this-host"]),
        ("reused", 20.0, ["this-host"]),
    ]
    assert [(one.id, one.metric, one.probe) for one in experiment.expect] == [
        ("new-answered", "answers", "read"),
        ("reused-answered", "answers", "read"),
    ]
    assert experiment.title.zh != experiment.title.en
    assert len(trials) == 1


def test_without_a_name_of_its_own_it_lies_below_the_others(tmp_path):
    writer = open_observation(observation(), None, tmp_path, "halab probe")
    assert writer.directory == tmp_path / writer.record.id
    assert "-probe-" in writer.record.id


@pytest.mark.parametrize(
    ("url", "tls"),
    [
        pytest.param(URL, {"name": "10.0.0.5", "ca": "ca.crt", "cert": "", "key": ""}, id="https"),
        pytest.param("http://10.0.0.5:6443/livez?verbose", None, id="http"),
    ],
)
def test_the_prober_is_told_of_the_endpoint(url, tls):
    config = json.loads(observation(url=url).prober_config().encoded())
    assert (config["host"], config["port"], config["tls"]) == ("10.0.0.5", 6443, tls)
    assert {one["path"] for one in config["series"]} == {"/livez?verbose"}


@pytest.mark.parametrize(("deadline_s", "timeout_s"), [(0.5, 4.0), (2.0, 4.0), (10.0, 20.0)])
def test_a_client_gives_up_later_than_the_deadline(deadline_s, timeout_s):
    assert observation(deadline_s).client_timeout_s == timeout_s


SAMPLE = {"probe": "read", "connection": "new", "outcome": "ok", "status": 200, "error": ""}
SAMPLE |= {"scheduled_s": 102.0, "started_s": 102.0, "ended_s": 102.5, "master": ""}
SAMPLE |= {"client_port": 40000}


def recorded(tmp_path, *printed, code=0, complaint=""):
    """Return the recorder, what followed, and the history that was written."""
    writer = open_observation(observation(), tmp_path / "mine", tmp_path, "halab probe")
    followed = []
    recorder = SampleRecorder(writer.trial(0), URL, followed.append)
    lines = [one if isinstance(one, str) else json.dumps(one) for one in printed]
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
    assert [getattr(sample, one) for one in times] == [2.0, 2.0, 2.5]
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
