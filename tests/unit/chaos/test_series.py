"""The series of a trial, their rates and requests, and when a sample is good."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_samples import sample

from chaos.errors import InputError
from chaos.probes.prober.requests import pool_size
from chaos.probes.requests import PROBES, Request
from chaos.probes.series import (
    CLIENT_TIMEOUT_S,
    DEADLINE_S,
    DEFAULT_SERIES,
    MAX_RATE_HZ,
    Series,
    can_be_kept,
    is_good,
    series_records,
    with_rates,
)

POOLS = {
    "nothing is closed": ((10, 4, 0), 41),
    "a rate that is no whole number": ((0.3, 4, 0), 3),
    "closed after long": ((10, 4, 600), 41),
    "closed after 3 s": ((10, 4, 3), 21),
    "closed after 3 s at a low rate": ((1, 4, 3), 2),
    "closed before the next": ((1, 4, 1), 1),
}


@pytest.mark.parametrize(("given_", "size"), POOLS.values(), ids=POOLS)
def test_a_pool_is_no_larger_than_can_be_kept_busy(given_, size):
    assert pool_size(*given_) == size


@given(st.floats(0.1, 100), st.floats(0.05, 1000))
def test_a_series_that_can_be_kept_uses_each_connection_before_it_is_closed(rate_hz, idle_s):
    kept = can_be_kept(Series("read", "reused", rate_hz), idle_s)
    unused_s = pool_size(rate_hz, CLIENT_TIMEOUT_S, idle_s) / rate_hz
    assert not kept or unused_s < idle_s
    assert can_be_kept(Series("read", "new", rate_hz), idle_s)
    assert can_be_kept(Series("read", "reused", rate_hz), 0)


PAIR = (Series("read", "new", 10), Series("read", "reused", 10), Series("write", "new", 5))


@pytest.mark.parametrize(
    ("rates", "hz"),
    [
        pytest.param([], [10, 10, 5], id="as they are"),
        pytest.param(["read:new=50"], [50, 10, 5], id="one connection mode"),
        pytest.param(["read=50"], [50, 50, 5], id="both connection modes"),
        pytest.param(["read=1", "write=2"], [1, 1, 2], id="two probes"),
        pytest.param(["read=1", "read:new=2"], [2, 1, 5], id="the later wins"),
        pytest.param(["read:new=0.5"], [0.5, 10, 5], id="less than one a second"),
        pytest.param(["read:new=100"], [100, 10, 5], id="the most there is"),
    ],
)
def test_rates_are_changed_as_asked(rates, hz):
    changed = with_rates(PAIR, rates)
    assert [series.rate_hz for series in changed] == hz
    assert [(s.probe, s.connection) for s in changed] == [(s.probe, s.connection) for s in PAIR]


@pytest.mark.parametrize(
    "text",
    [
        "read=0",
        "read=0.0",
        "read=101",
        "read=100.5",
        "read=1" + "0" * 400,
        "read=nan",
        "read=inf",
        "read=-1",
        "read=1e1",
        "read=",
        "read",
        "=5",
        "read:=5",
        "read:new:x=5",
        "READ=5",
        "read = 5",
        "",
    ],
)
def test_a_rate_that_is_none_is_refused_with_an_example(text):
    with pytest.raises(InputError) as caught:
        with_rates(PAIR, ["read=1", text])
    assert str(caught.value).startswith(f"--rate {text}: wanted PROBE[:CONNECTION]=HZ")
    assert "at most 100 Hz, for example read:new=50" in str(caught.value)


@pytest.mark.parametrize("text", ["list=5", "write:reused=5", "read:old=5"])
def test_a_series_that_is_not_there_is_refused_with_those_there_are(text):
    with pytest.raises(InputError) as caught:
        with_rates(PAIR, [text])
    assert str(caught.value) == (
        f"--rate {text}: no such series; there are read:new, read:reused, write:new"
    )


@settings(deadline=None)
@given(st.decimals(min_value="0.001", max_value=100, places=3))
def test_every_rate_in_range_is_taken_as_it_is(rate):
    assert with_rates(PAIR, [f"write:new={rate}"])[2].rate_hz == float(rate)


def test_the_default_series_are_every_probe_on_every_connection():
    series = {(s.probe, s.connection) for s in DEFAULT_SERIES}
    assert series >= {
        (probe, connection)
        for probe in ("read", "write", "livez", "readyz")
        for connection in MODES
    } | {("watch", "reused")}
    assert len(series) == len(DEFAULT_SERIES)
    assert all(0 < series.rate_hz <= MAX_RATE_HZ for series in DEFAULT_SERIES)
    assert DEADLINE_S < CLIENT_TIMEOUT_S


def test_a_record_says_which_workers_have_a_series():
    assert [
        series.model_dump() for series in series_records(PAIR[1:], ["worker-1", "worker-2"])
    ] == [
        {"probe": "read", "connection": "reused", "rate_hz": 10, "workers": BOTH},
        {"probe": "write", "connection": "new", "rate_hz": 5, "workers": BOTH},
    ]


BOTH = ["worker-1", "worker-2"]


@pytest.mark.parametrize("name", PROBES)
def test_every_probe_costs_something_on_every_connection_that_it_has(name):
    probe = PROBES[name]
    assert {connection for connection in probe.rates_hz if probe.cpu_ms[connection] <= 0} == set()


@pytest.mark.parametrize(
    ("probe", "path"),
    [
        ("read", "/api/v1/namespaces/halab/configmaps/probe"),
        ("livez", "/livez"),
        ("readyz", "/readyz"),
    ],
)
def test_a_probe_that_reads_is_a_get(probe, path):
    assert PROBES[probe].request("worker-1", "reused") == Request(path, "GET")


def test_a_write_applies_an_object_with_a_number_to_be_filled_in():
    request = PROBES["write"].request("worker-2", "new")
    assert request.method == "PATCH"
    assert request.path.startswith(
        "/api/v1/namespaces/halab/configmaps/probe-worker-2-new?fieldManager=halab&force=true"
    )
    assert request.content_type == "application/apply-patch+yaml"
    body = json.loads(request.body)
    assert body["metadata"] == {"name": "probe-worker-2-new"}
    assert body["data"] == {"value": "%d"}
    assert request.body.count("%") == 1


def test_no_two_writers_share_an_object():
    paths = {PROBES["write"].request(*writer).path for writer in itertools.product(BOTH, MODES)}
    paths |= {PROBES["watch"].request(worker, "reused").path for worker in BOTH}
    assert len(paths) == 6


MODES = ("new", "reused")


@pytest.mark.parametrize(
    ("probed", "good"),
    [
        pytest.param(sample(), True, id="answered"),
        pytest.param(sample(took_s=DEADLINE_S), True, id="at the deadline"),
        pytest.param(sample(took_s=DEADLINE_S + 0.001), False, id="late"),
        pytest.param(sample(outcome="fail"), False, id="failed"),
        pytest.param(sample(outcome="unknown"), False, id="unknown"),
    ],
)
def test_a_probe_is_good_when_it_was_answered_in_time(probed, good):
    assert is_good(probed) is good
