"""The observation of an endpoint: its plan, its record, and the configuration of its prober."""

from __future__ import annotations

import json

import pytest

from chaos.probes.endpoint import Identity, parse_url
from chaos.probes.observation_plan import Observation, open_observation, series_of
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
    assert [
        (series.connection, series.rate_hz, series.workers) for series in experiment.series
    ] == [
        ("new", 20.0, ["this-host"]),
        ("reused", 20.0, ["this-host"]),
    ]
    assert [(demand.id, demand.metric, demand.probe) for demand in experiment.expect] == [
        ("new-answered", "answers", "read"),
        ("reused-answered", "answers", "read"),
    ]
    assert experiment.title.in_language("zh") != experiment.title.in_language("en")
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
    assert {series["path"] for series in config["series"]} == {"/livez?verbose"}


@pytest.mark.parametrize(("deadline_s", "timeout_s"), [(0.5, 4.0), (2.0, 4.0), (10.0, 20.0)])
def test_a_client_gives_up_later_than_the_deadline(deadline_s, timeout_s):
    assert observation(deadline_s).client_timeout_s == timeout_s
