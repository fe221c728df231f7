"""The prober's configuration and its lines, typed."""

from __future__ import annotations

import json

import pytest

from chaos.probes.endpoint import Identity
from chaos.probes.protocol import (
    CpuReport,
    ProberConfig,
    ProbeSchedule,
    mean_cores,
    read_line,
)
from chaos.probes.requests import Request
from chaos.probes.series import Series
from reports.history.events import WatchEnd, WatchFault, WatchOpen
from reports.history.samples import Sample

TIMES = {"scheduled_s": 1.0, "started_s": 1.25, "ended_s": 1.5}
READ = {"probe": "read", "connection": "new", **TIMES, "outcome": "fail", "status": 0}
READ |= {"error": "refused", "master": "", "client_port": 0}


@pytest.mark.parametrize(
    ("printed", "line"),
    [
        pytest.param(READ, Sample(worker="worker-1", **READ), id="a probe"),
        pytest.param({"cpu_s": 0.5, "at_s": 7.0}, CpuReport(7.0, 0.5), id="what it costs"),
        pytest.param({"begin_s": 7.0}, ProbeSchedule(7.0, ended=False), id="the first is due"),
        pytest.param({"end_s": 9.0}, ProbeSchedule(9.0, ended=True), id="the last is over"),
        pytest.param(
            {"event": "watch_open", "at_s": 7.0, "master": "master-2", "revision": 5},
            WatchOpen(7.0, "worker-1", "master-2", 5),
            id="a watch was opened",
        ),
        pytest.param(
            {"event": "watch_end", "at_s": 7.0, "error": "timeout"},
            WatchEnd(7.0, "worker-1", "timeout"),
            id="a watch ended",
        ),
        pytest.param(
            {"event": "watch_fault", "at_s": 7.0, "fault": "lost", "revision": 5},
            WatchFault(7.0, "worker-1", "lost", 5),
            id="a watch was wrong",
        ),
    ],
)
def test_what_is_printed_is_read_as_what_it_is(printed, line):
    assert read_line(json.dumps(printed), "worker-1") == line


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Traceback (most recent call last):", id="a traceback"),
        pytest.param("{}", id="nothing"),
        pytest.param("7", id="a number"),
        pytest.param("null", id="null"),
        pytest.param('{"probe": "read", "outcome": "ok"}', id="half a probe"),
        pytest.param(json.dumps(READ | {"more": 1}), id="more than a probe"),
        pytest.param('{"cpu_s": 1}', id="a cost at no time"),
        pytest.param('{"event": "watch_open", "at_s": 7.0}', id="half an event"),
        pytest.param('{"event": "watch_open"}', id="an event at no time"),
    ],
)
def test_what_is_no_line_is_a_value_error(text):
    with pytest.raises(ValueError, match=r".*"):
        read_line(text, "worker-1")


@pytest.mark.parametrize(
    ("reports", "cores"),
    [
        pytest.param([], None, id="none"),
        pytest.param([CpuReport(1.0, 1.0)], None, id="one"),
        pytest.param([CpuReport(1.0, 1.0), CpuReport(1.0, 2.0)], None, id="in no time"),
        pytest.param([CpuReport(1.0, 1.0), CpuReport(2.0, 9.0), CpuReport(5.0, 3.0)], 0.5, id="3"),
    ],
)
def test_the_mean_is_between_the_first_and_the_last_report(reports, cores):
    assert mean_cores(reports) == cores


def described(identity, request):
    config = ProberConfig(
        host="10.0.0.5",
        port=6443,
        authority="lab",
        name="lb",
        identity=identity,
        client_timeout_s=4.0,
        warm_up_s=2.0,
        duration_s=None,
        series=[(Series("write", "new", 5.0), request)],
    )
    return json.loads(config.encoded())


def test_a_prober_is_told_where_how_and_what():
    request = Request("/x", "PATCH", '{"n": %d}', "x/y")
    assert described(Identity("ca.crt", "a.crt"), request) == {
        "host": "10.0.0.5",
        "port": 6443,
        "authority": "lab",
        "tls": {"name": "lb", "ca": "ca.crt", "cert": "a.crt", "key": ""},
        "client_timeout_s": 4.0,
        "warm_up_s": 2.0,
        "duration_s": None,
        "closes_idle_s": 0.0,
        "masters": {},
        "series": [
            {
                "probe": "write",
                "connection": "new",
                "rate_hz": 5.0,
                "path": "/x",
                "method": "PATCH",
                "body": '{"n": %d}',
                "content_type": "x/y",
            }
        ],
    }


def test_what_there_is_none_of_is_left_out_and_plain_http_has_no_tls():
    plain = described(None, Request("/livez"))
    assert plain["tls"] is None
    assert set(plain["series"][0]) == {"probe", "connection", "rate_hz", "path", "method"}
    assert described(None, Request("/x", watch_path="/y"))["series"][0]["watch_path"] == "/y"
