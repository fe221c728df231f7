"""Kept connections, against a server whose process is replaced between requests."""

from __future__ import annotations

import http.server
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from lab.clients.kept_connections import KeptConnections
from lab.errors import LabError

AT_ONCE = 3


class Answering(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        text = {"/text": b"ok", "/sick": b"etcd failed"}.get(self.path, b'{"a": 1}')
        self.send_response(500 if self.path == "/sick" else 200)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        if self.path == "/together":
            self.server.together.wait(5)
        if self.path == "/hang":
            self.server.stop.wait(5)
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        """Say nothing."""


class Server(http.server.ThreadingHTTPServer):
    """Remembers its connections, so that they can end as they do when a process dies."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answering)
        self.together = threading.Barrier(AT_ONCE)
        self.stop = threading.Event()
        self.connections = []

    def process_request(self, request, client_address):
        self.connections.append(request)
        super().process_request(request, client_address)

    def handle_error(self, request, client_address):
        """A connection that was cut is what is tested."""


@contextmanager
def serving():
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        endpoint = SimpleNamespace(
            url="https://lab:1",
            connect=lambda timeout_s: socket.create_connection(server.server_address, timeout_s),
        )
        kept = KeptConnections(endpoint)
        try:
            yield server, kept
        finally:
            kept.close()
            server.stop.set()
            server.shutdown()
            thread.join()


def open_several(kept):
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda _: kept.post("/together", {}, 5.0), range(AT_ONCE)))


def test_requests_one_after_the_other_share_a_connection():
    with serving() as (server, kept):
        for _ in range(3):
            assert kept.post("/", {}, 5.0) == {}
        assert len(server.connections) == 1


def test_no_request_is_lost_on_connections_that_the_server_closed():
    with serving() as (server, kept):
        open_several(kept)
        for connection in server.connections:
            connection.shutdown(socket.SHUT_RDWR)
        for _ in range(AT_ONCE):
            assert kept.post("/", {}, 5.0) == {}


def test_a_connection_that_fails_takes_the_idle_ones_with_it():
    with serving() as (server, kept):
        open_several(kept)
        with pytest.raises(LabError, match="timed out"):
            kept.post("/hang", {}, 0.2)
        kept.post("/", {}, 5.0)
        assert len(server.connections) == AT_ONCE + 1


def test_after_an_interrupt_the_next_request_gets_its_own_answer_on_another_connection():
    def interrupt(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    with serving() as (server, kept):
        kept.get("/", 5.0)
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(KeyboardInterrupt):
            kept.post("/hang", {}, 5.0)
        server.stop.set()
        for _ in range(2):
            assert kept.get("/text", 5.0) == (200, "ok")
        assert len(server.connections) == 2
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize(
    ("path", "answer"),
    [("/", (200, {"a": 1})), ("/text", (200, "ok")), ("/sick", (500, "etcd failed"))],
    ids=["JSON", "text", "an error"],
)
def test_a_get_returns_whatever_was_answered_on_the_same_connection(path, answer):
    with serving() as (server, kept):
        for _ in range(3):
            assert kept.get(path, 5.0) == answer
        assert len(server.connections) == 1


def test_an_endpoint_that_cannot_be_reached_is_a_lab_error_that_names_it():
    def refuse(_timeout_s):
        raise ConnectionRefusedError("refused")

    kept = KeptConnections(SimpleNamespace(url="https://lab:1", connect=refuse))
    with pytest.raises(LabError, match=r"GET https://lab:1/livez: .*refused"):
        kept.get("/livez", 1.0)
