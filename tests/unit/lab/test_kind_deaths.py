"""Side containers that end, as a daemon of our making reports it to Docker's own client."""

from __future__ import annotations

import contextlib
import http.server
import json
import queue
import socket
import socketserver
import threading
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.readiness import wait_until
from lab.runtime.kind import deaths as module
from lab.runtime.kind.deaths import Deaths
from lab.runtime.kind.names import LAB, NODE

DIRECTORY = Path("/home/me/.local/state/halab/labs/lab")
SOON_S = 30


class Connection(http.server.BaseHTTPRequestHandler):
    """Of a client that asks for the version, or for the events that pass its filters."""

    protocol_version = "HTTP/1.1"
    filters = None

    def log_message(self, *_):
        pass

    def handle(self):
        self.server.connections.add(self)
        with contextlib.suppress(OSError):
            super().handle()
        self.server.connections.discard(self)

    def _begin(self, header, value):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header(header, value)
        self.end_headers()

    def do_GET(self):
        path, _, query = self.path.partition("?")
        if path == "/version":
            text = json.dumps({"ApiVersion": "1.41"})
            self._begin("Content-Length", len(text))
            self.wfile.write(text.encode())
        elif path.endswith("/events"):
            self.filters = json.loads(urllib.parse.parse_qs(query)["filters"][0])
            self._begin("Transfer-Encoding", "chunked")
            self.close_connection = True
            self.connection.recv(1)

    def wants(self, action, attributes):
        offered = {"event": {action}, "label": {f"{k}={v}" for k, v in attributes.items()}}
        return all(set(values) <= offered[name] for name, values in self.filters.items())

    def send(self, data):
        with contextlib.suppress(OSError):  # the client has ended it
            self.connection.sendall(data)


class Daemon(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Reports events to those who watch."""

    daemon_threads = True

    def __init__(self, place):
        self.connections = set()
        super().__init__(str(place), Connection)
        threading.Thread(target=self.serve_forever, args=(0.01,)).start()

    @property
    def watching(self):
        return [each for each in set(self.connections) if each.filters is not None]

    def report(self, action, attributes):
        text = json.dumps({"Action": action, "Actor": {"Attributes": attributes}})
        for each in self.watching:
            if each.wants(action, attributes):
                each.send(f"{len(text):x}\r\n{text}\r\n".encode())

    def kill(self, node, directory=DIRECTORY):
        self.report("die", {LAB: str(directory), NODE: node})

    def go_away(self, last_words=b""):
        self.shutdown()
        self.server_close()
        Path(self.server_address).unlink()
        for each in self.watching:
            each.send(last_words)
        for each in set(self.connections):
            with contextlib.suppress(OSError):
                each.connection.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def start_daemon(tmp_path, monkeypatch):
    """Start a daemon where its clients look for it; those that are left go away in the end."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/d")
    monkeypatch.setattr("lab.readiness.POLL_S", 0.01)
    started = []

    def start():
        started.append(Daemon(tmp_path / "d"))
        return started[-1]

    yield start
    if (tmp_path / "d").exists():
        started[-1].go_away()


@pytest.fixture
def daemon(start_daemon):
    return start_daemon()


@pytest.fixture
def died():
    """The nodes whose side containers have ended, in order."""
    return queue.SimpleQueue()


@pytest.fixture
def deaths(start_daemon, died):
    assert start_daemon  # it ends after those who watch
    deaths = Deaths(DIRECTORY, died.put)
    yield deaths
    deaths.close()


def test_the_nodes_of_side_containers_that_end_are_named(deaths, daemon, died):
    deaths.watch()
    for node in ("worker-1", "master-2"):
        daemon.kill(node)
        assert died.get(timeout=SOON_S) == node


def test_nothing_else_is_taken_for_a_death_in_this_lab(deaths, daemon, died):
    deaths.watch()
    daemon.kill("of another lab", DIRECTORY.with_name("other"))
    daemon.report("die", {NODE: "of no lab"})
    daemon.report("start", {LAB: str(DIRECTORY), NODE: "started"})
    daemon.kill("worker-1")
    assert died.get(timeout=SOON_S) == "worker-1"


def test_a_container_of_no_node_does_not_end_the_watch(deaths, daemon, died):
    deaths.watch()
    daemon.report("die", {LAB: str(DIRECTORY)})
    daemon.kill("worker-1")
    assert [died.get(timeout=SOON_S) for _ in range(2)] == ["", "worker-1"]


def test_however_many_ask_for_it_the_daemon_is_watched_once(deaths, daemon):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: deaths.watch(), range(8)))
    assert len(daemon.watching) == 1


def test_close_ends_the_thread_and_its_connections(deaths, daemon, monkeypatch):
    connect, clients = module.connect, []

    def kept(**options):
        clients.append(connect(**options))
        return clients[-1]

    monkeypatch.setattr(module, "connect", kept)
    deaths.watch()
    thread = deaths._thread
    assert thread.is_alive()
    deaths.close()
    assert not thread.is_alive()
    wait_until("all to end", lambda: "some are open" if daemon.connections else "", SOON_S)


def test_what_is_closed_can_be_closed_again_and_watches_again(deaths, daemon, died):
    deaths.close()
    deaths.watch()
    deaths.close()
    deaths.close()
    deaths.watch()
    daemon.kill("worker-1")
    assert died.get(timeout=SOON_S) == "worker-1"


@pytest.mark.parametrize(
    "last_words",
    [
        pytest.param(b"", id="between events"),
        pytest.param(b"0\r\n\r\n", id="after the last event"),
        pytest.param(b'ff\r\n{"Action": "di', id="in an event"),
        pytest.param(b"f", id="before an event"),
        pytest.param(b'2\r\n{"\r\n0\r\n\r\n', id="after half an event"),
    ],
)
def test_a_daemon_that_goes_away_ends_the_watch_until_it_is_back(
    deaths, start_daemon, died, last_words
):
    daemon = start_daemon()
    deaths.watch()
    thread = deaths._thread
    daemon.go_away(last_words)
    thread.join(SOON_S)
    assert not thread.is_alive()
    daemon = start_daemon()
    deaths.watch()
    daemon.kill("worker-1")
    assert died.get(timeout=SOON_S) == "worker-1"


def test_where_no_daemon_answers_it_is_asked_again(deaths, daemon, died, monkeypatch):
    def refuse(**_):
        raise LabError("no daemon")

    with monkeypatch.context() as patched:
        patched.setattr(module, "connect", refuse)
        with pytest.raises(LabError, match="no daemon"):
            deaths.watch()
    deaths.watch()
    daemon.kill("worker-1")
    assert died.get(timeout=SOON_S) == "worker-1"


@pytest.mark.parametrize("error", [OSError, AttributeError])
def test_a_watch_that_the_daemon_has_ended_can_be_closed(deaths, daemon, monkeypatch, error):
    def fail(_):
        raise error("there is no connection")

    deaths.watch()
    thread = deaths._thread
    daemon.go_away()
    thread.join(SOON_S)
    monkeypatch.setattr(type(deaths._stream), "close", fail)
    deaths.close()
    assert deaths._thread is None
