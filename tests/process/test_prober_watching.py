"""Watches: the order of deliveries, and a series against a server of the test."""

from __future__ import annotations

import collections
import http.server
import json
import subprocess
import sys
import threading
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.probes.prober.watching import DeliveryOrder
from chaos.probes.probers import config_of
from chaos.probes.protocol import read_line
from chaos.probes.series import Series
from reports.history.events import Event, WatchEnd, WatchFault, WatchOpen
from reports.history.samples import Sample

WORKER = "worker-1"


def faults(*steps):
    """Take versions in order: 7 is delivered, "7" acknowledged."""
    order, result = DeliveryOrder(), []
    for step in steps:
        result += order.acknowledged(int(step)) if isinstance(step, str) else order.delivered(step)
    return result


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([3, 5, 9], [], id="rising"),
        pytest.param([3, "5", 5, "9", 9], [], id="each acknowledged first"),
        pytest.param([3, 5, "5", 9, "9"], [], id="each delivered first"),
        pytest.param(["2", 3], [], id="acknowledged before the watch saw anything"),
        pytest.param([3, 5, 5], ["duplicate"], id="twice"),
        pytest.param([3, 9, 5], ["disorder"], id="back"),
        pytest.param([3, "5", 9], ["lost"], id="passed over, acknowledged before"),
        pytest.param([3, 9, "5"], ["lost"], id="passed over, acknowledged after"),
        pytest.param([3, "5", "7", 9, 11], ["lost", "lost"], id="two, and each is told once"),
    ],
)
def test_what_is_wrong_with_the_order_is_named(steps, expected):
    assert faults(*steps) == expected


@given(st.lists(st.integers(1, 1000), unique=True), st.randoms(use_true_random=False))
def test_any_order_of_acknowledgements_is_fine_when_all_is_delivered_in_order(revisions, chance):
    order = DeliveryOrder()
    waiting = collections.deque(sorted(revisions))
    acknowledged = sorted(revisions, key=lambda _: chance.random())
    for revision in acknowledged:
        while waiting and chance.random() < 0.5:
            assert order.delivered(waiting.popleft()) == []
        assert not waiting or order.acknowledged(revision) == []


class Store:
    """One object with versions; watches see each, save those that the test keeps from them."""

    def __init__(self, mischief):
        self.mischief = mischief
        self.versions = []
        self.changed = threading.Condition()
        self.asked = []


def handler_of(store):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PATCH(self):
            configmap = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with store.changed:
                configmap["metadata"]["resourceVersion"] = str(len(store.versions) + 1)
                store.versions.append(configmap)
                store.changed.notify_all()
            answer = json.dumps(configmap).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def do_GET(self):
            store.asked.append(self.path)
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            since = int((self.path.partition("resourceVersion=")[2] or "0").partition("&")[0])
            for number, at in enumerate(store.mischief(since, store)):
                with store.changed:
                    if not store.changed.wait_for(lambda at=at: len(store.versions) > at, 5):
                        return
                event = {"type": "MODIFIED", "object": store.versions[at]}
                self.chunk(json.dumps(event).encode() + b"\n", cut=number % 3)
            self.chunk(b"")

        def chunk(self, content, cut=0):
            """Send it in one chunk, or in two."""
            parts = [content[:cut], content[cut:]] if cut else [content]
            for part in parts:
                self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
            self.wfile.flush()

        def log_message(self, *_):
            pass

    return Handler


@pytest.fixture
def watched(tmp_path):
    """Watch for a while; return the store, the samples and the events."""

    def run(mischief, duration_s=0.5, rate_hz=40):
        store = Store(mischief)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler_of(store))
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        config = config_of([Series("watch", "reused", rate_hz)], WORKER, "", 0, duration_s)
        plain = replace(
            config,
            host="127.0.0.1",
            port=server.server_port,
            identity=None,
            client_timeout_s=1.2,
            warm_up_s=0.1,
        )
        (tmp_path / "prober.json").write_bytes(plain.encoded())
        argv = [sys.executable, "-m", "chaos.probes.prober", str(tmp_path / "prober.json")]
        try:
            done = subprocess.run(argv, capture_output=True, timeout=20, check=True)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
        lines = [read_line(line, WORKER) for line in done.stdout.splitlines()]
        assert done.stderr == b""
        return (
            store,
            [line for line in lines if isinstance(line, Sample)],
            [line for line in lines if isinstance(line, Event)],
        )

    return run


def all_of(since, _):
    yield from range(since, 10_000)


def test_every_heartbeat_is_one_sample_and_ends_with_its_event(watched):
    store, samples, events = watched(all_of)
    assert len(samples) == len(store.versions) == 20
    assert {(sample.probe, sample.connection, sample.worker) for sample in samples} == {
        ("watch", "reused", WORKER)
    }
    assert {(sample.outcome, sample.status, sample.error) for sample in samples} == {
        ("ok", 200, "")
    }
    assert all(sample.ended_s >= sample.started_s for sample in samples)
    (opened,) = events
    assert isinstance(opened, WatchOpen)
    assert (opened.worker, opened.master, opened.revision) == (WORKER, "", 0)
    assert 0 < opened.t_s < samples[0].started_s, "absolute, as samples are"
    (path,) = store.asked
    assert path.endswith("/configmaps?watch=1&fieldSelector=metadata.name%3Dheartbeat-worker-1")


def test_a_watch_that_ends_goes_on_where_it_ended(watched):
    store, samples, events = watched(lambda since, _: range(since, since + 6))
    assert {sample.outcome for sample in samples} == {"ok"}
    kinds = collections.Counter(map(type, events))
    assert kinds[WatchOpen] >= 3
    assert kinds[WatchFault] == 0
    assert store.asked[1].endswith("&resourceVersion=6")


def test_a_watch_that_is_silent_is_given_up_after_the_clients_timeout(watched):
    def silent_once(since, store):
        yield from range(since, 4 if len(store.asked) == 1 else 10_000)
        time.sleep(5)

    _, samples, events = watched(silent_once, duration_s=2.5, rate_hz=20)
    assert [event.error for event in events if isinstance(event, WatchEnd)] == ["timeout"]
    assert {(sample.outcome, sample.error) for sample in samples} >= {("ok", "")}
    longest_s = max(sample.ended_s - sample.started_s for sample in samples)
    assert longest_s > 0.4, "what was written in the silence came late, or never"


@pytest.mark.parametrize(
    ("mischief", "fault"),
    [
        pytest.param(lambda *_: [0, 1, 2, 4, 5, 6, *range(7, 999)], "lost", id="one left out"),
        pytest.param(lambda *_: [0, 1, 2, 2, *range(3, 999)], "duplicate", id="one twice"),
    ],
)
def test_what_was_done_to_the_order_is_told_once(watched, mischief, fault):
    _, samples, events = watched(mischief)
    assert [event.fault for event in events if isinstance(event, WatchFault)] == [fault]
    missing = [sample for sample in samples if sample.outcome == "fail"]
    assert [sample.error for sample in missing] == (["timeout"] if fault == "lost" else [])
