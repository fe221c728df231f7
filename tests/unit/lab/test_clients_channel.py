"""Requests over one channel that are interrupted, late or incomplete."""

from __future__ import annotations

import contextlib
import gc
import json
import random
import signal
import socket
import threading
import time
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.clients import channel as module
from lab.clients.agent import AgentClient
from lab.clients.channel import AgentChannel
from lab.errors import AgentError
from lab.readiness import wait_until


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr("lab.readiness.POLL_S", 0.01)


class Interrupted:
    """A socket that is interrupted in one call: after `count` bytes were sent, or received."""

    def __init__(self, inner, way, count):
        self._inner, self._way, self._count = inner, way, count
        self._received = 0

    def __getattr__(self, name):
        return getattr(self._inner, name)

    def _interrupt(self):
        self._way = ""
        raise KeyboardInterrupt

    def sendall(self, data):
        if self._way == "sending":
            self._inner.sendall(data[: self._count])
            self._interrupt()
        self._inner.sendall(data)

    def recv(self, size, flags=0):
        if self._way != "receiving":
            return self._inner.recv(size, flags)
        if self._received >= self._count:
            # the worst moment: bytes have left the kernel and are nowhere yet
            self._inner.recv(1)
            self._interrupt()
        data = self._inner.recv(min(size, self._count - self._received), flags)
        self._received += 0 if flags & socket.MSG_PEEK else len(data)
        return data


def interrupt(client, way, count):
    client._channel._socket = Interrupted(client._channel._socket, way, count)


@pytest.mark.parametrize("count", [0, 1, 2, 40, 80])
def test_a_request_that_was_sent_in_part_is_never_done_and_not_in_the_way(client, tmp_path, count):
    interrupt(client, "sending", count)
    with pytest.raises(KeyboardInterrupt):
        client.put({"file": b"content"})
    assert client.hello().node == "etcd-1"
    assert not (tmp_path / "file").exists()
    assert client.components() == {}


@settings(max_examples=40, deadline=None)
@given(
    count=st.integers(0, 130),
    value=st.dictionaries(
        st.text('{}\\"\n:,1id', max_size=9), st.text('{}\\"\n:,1', max_size=9), max_size=3
    ),
)
def test_of_an_answer_that_was_received_in_part_nothing_reaches_the_next_call(count, value):
    with answering(value, {"next": True}) as channel:
        channel._socket = Interrupted(channel._socket, "receiving", count)
        try:
            assert channel.ask("first", {}) == value
        except KeyboardInterrupt:
            assert channel.ask("second", {}) == {"next": True}


@contextmanager
def answering(*values):
    """A channel to an agent that answers each request with the next value."""
    ours, theirs = socket.socketpair()

    def answer():
        with theirs, theirs.makefile("rb") as lines:
            remaining = iter(values)
            for line in lines:
                if line.strip():
                    number = json.loads(line)["id"]
                    text = json.dumps({"id": number, "ok": True, "value": next(remaining)})
                    theirs.sendall(text.encode() + b"\n")

    thread = threading.Thread(target=answer)
    thread.start()
    channel = AgentChannel(SimpleNamespace(channel=lambda _: ours), "etcd-1", "s")
    try:
        yield channel
    finally:
        ours.close()
        thread.join(5)


def test_an_undo_comes_after_the_fault_whose_call_was_interrupted(client):
    client.start("server", ["sleep", "1000"], restart=False)
    interrupt(client, "receiving", 0)
    with pytest.raises(KeyboardInterrupt):
        client.inject("u1", "hang", {"component": "server"}, owner="lab", for_s=None)
    assert client.heal(["u1"]).healed == ["u1"]


@contextmanager
def held_up(monkeypatch, runtime):
    """An agent that answers nothing, as a stopped one, for as long as this lasts."""
    go_on = threading.Event()
    real = runtime.agent._requests["hello"]
    monkeypatch.setitem(runtime.agent._requests, "hello", lambda: (go_on.wait(5), real())[1])
    yield
    go_on.set()


def test_a_late_answer_is_not_the_next_calls(monkeypatch, runtime, client):
    with held_up(monkeypatch, runtime):
        monkeypatch.setattr(module, "CALL_TIMEOUT_S", 0.2)
        with pytest.raises(AgentError, match=r"etcd-1: hello: no answer within 0\.\d+ s"):
            client.hello()
        monkeypatch.setattr(module, "CALL_TIMEOUT_S", 5.0)
    assert client.components() == {}
    assert client.hello().node == "etcd-1"


def test_a_call_ends_in_time_whatever_stale_answers_come(monkeypatch):
    monkeypatch.setattr(module, "CALL_TIMEOUT_S", 0.3)
    ours, theirs = socket.socketpair()
    stop = threading.Event()

    def chatter():
        with contextlib.suppress(OSError):  # the other end has gone
            while not stop.wait(0.05):
                theirs.sendall(b'{"id": 0, "ok": true, "value": null}\n')

    thread = threading.Thread(target=chatter)
    thread.start()
    try:
        with ours, pytest.raises(AgentError, match="no answer within"):
            AgentChannel(SimpleNamespace(channel=lambda _: ours), "etcd-1", "s").ask("hello", {})
    finally:
        stop.set()
        thread.join(5)
        theirs.close()


def test_threads_that_wait_for_one_agent_wait_no_longer_than_one_of_them(monkeypatch):
    monkeypatch.setattr(module, "CALL_TIMEOUT_S", 0.4)
    ours, theirs = socket.socketpair()
    client = AgentClient(SimpleNamespace(channel=lambda _: ours), "etcd-1")
    errors = []

    def ask():
        try:
            client.active()
        except AgentError as error:
            errors.append(str(error))

    begun_s = time.monotonic()
    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert time.monotonic() - begun_s < 1
    assert errors == ["etcd-1: active: no answer within 0.4 s"] * 5
    sent = theirs.recv(65536).split(b"\n")
    assert [json.loads(line)["op"] for line in sent if line] == ["active"] * 5, "all were sent"
    ours.close()
    theirs.close()


def test_a_dial_through_an_agent_that_hangs_ends_soon_after_its_own_time(monkeypatch):
    monkeypatch.setattr("lab.clients.agent.ANSWER_S", 0.1)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        client = AgentClient(SimpleNamespace(channel=lambda _: ours), "etcd-1")
        begun_s = time.monotonic()
        with pytest.raises(AgentError, match=r"etcd-1: dial: no answer within 0\.3 s"):
            client.dial("127.0.0.1", 1, tls=False, timeout_s=0.1)
        assert time.monotonic() - begun_s < 2


@pytest.fixture
def interrupt_after():
    """Interrupt this thread, as Ctrl-C does, so many seconds later.

    Not while garbage is collected: Python drops what is raised in a callback of the collector, and
    hypothesis has such a callback.
    """

    def handle(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, handle)
    gc.disable()
    yield lambda seconds: signal.setitimer(signal.ITIMER_REAL, seconds)
    signal.setitimer(signal.ITIMER_REAL, 0)
    gc.enable()
    signal.signal(signal.SIGALRM, before)


def test_after_an_interrupt_at_any_moment_every_answer_is_the_next_requests(
    client, interrupt_after
):
    moments = random.Random(16)
    interrupted = 0
    for _ in range(300):
        try:
            interrupt_after(moments.uniform(1e-6, 8e-4))
            for _ in range(100):
                assert client.active() == []
        except KeyboardInterrupt:
            interrupted += 1
        assert client.hello().node == "etcd-1"
        assert client.components() == {}
    assert interrupted == 300


@pytest.mark.parametrize(("way", "count"), [("sending", 9), ("receiving", 0), ("receiving", 9)])
def test_an_interrupt_while_a_raw_channel_is_opened_closes_it(runtime, client, way, count):
    channels = []

    def channel(node):
        channels.append(Interrupted(runtime.channel(node), way if channels else "", count))
        return channels[-1]

    with AgentClient(SimpleNamespace(channel=channel), "etcd-1") as interrupted:
        with pytest.raises(KeyboardInterrupt):
            interrupted.stream(["sleep", "1000"])
        assert channels[1].fileno() == -1
        assert interrupted.hello().node == "etcd-1"
    assert client.hello().node == "etcd-1"


def test_a_handshake_ends_in_time_however_slowly_its_answer_comes(monkeypatch):
    monkeypatch.setattr(module, "HANDSHAKE_TIMEOUT_S", 0.3)
    ours, theirs = socket.socketpair()
    stop = threading.Event()

    def trickle():
        with contextlib.suppress(OSError):  # the other end has gone
            while not stop.wait(0.05):
                theirs.sendall(b" ")

    thread = threading.Thread(target=trickle)
    thread.start()
    begun_s = time.monotonic()
    try:
        client = AgentClient(SimpleNamespace(channel=lambda _: ours), "etcd-1")
        with pytest.raises(AgentError, match="etcd-1: relay: the channel broke: timed out"):
            client.relay("127.0.0.1", 1)
        assert time.monotonic() - begun_s < 2
    finally:
        stop.set()
        thread.join(5)
        theirs.close()


def test_of_what_follows_the_answer_of_a_handshake_nothing_is_lost():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b'{"id": 0, "ok": true, "value": 7}\nmore\n')
        client = AgentClient(SimpleNamespace(channel=lambda _: ours), "etcd-1")
        stream = client.stream(["true"])
        assert stream.pid == 7
        assert stream.channel.recv(100) == b"more\n"


@pytest.mark.parametrize("op", ["relay", "stream"])
def test_an_agent_that_says_nothing_ends_no_handshake_late_and_keeps_no_channel(monkeypatch, op):
    monkeypatch.setattr(module, "HANDSHAKE_TIMEOUT_S", 0.2)
    pairs = [socket.socketpair() for _ in range(2)]
    remaining = iter(pairs)
    client = AgentClient(SimpleNamespace(channel=lambda _: next(remaining)[0]), "etcd-1")
    begun_s = time.monotonic()
    with pytest.raises(AgentError, match=f"etcd-1: {op}: the channel broke: timed out"):
        client.relay("127.0.0.1", 1) if op == "relay" else client.stream(["true"])
    assert time.monotonic() - begun_s < 3
    assert pairs[1][0].fileno() == -1
    for pair in pairs:
        for end in pair:
            end.close()


def test_a_channel_that_carries_bytes_has_no_timeout(client):
    with client.stream(["echo", "here"]).channel as channel:
        assert channel.gettimeout() is None


def test_two_clients_without_a_session_are_of_two(runtime, client):
    client.start("server", ["sleep", "1000"], restart=False)
    with AgentClient(runtime, "etcd-1") as owner, AgentClient(runtime, "etcd-1") as other:
        other.hello()
        owner.inject("u1", "kill", {"component": "server"}, owner="channel", for_s=None)
        owner.close()
        wait_until("the undo", lambda: str(client.active() or ""), 5)


@pytest.mark.parametrize("unread", [b"", b"a late answer\n"], ids=["at once", "with bytes unread"])
def test_a_channel_is_gone_as_soon_as_its_agent_is(unread):
    ours, theirs = socket.socketpair()
    with AgentClient(SimpleNamespace(channel=lambda _: ours), "etcd-1") as client, theirs:
        assert not client.gone
        theirs.sendall(unread)
        assert not client.gone, "bytes are no end"
        theirs.close()
        assert client.gone
    assert client.gone, "closed here"
