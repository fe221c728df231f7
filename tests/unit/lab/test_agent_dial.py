"""Whether a port answers, as an observer sees it."""

from __future__ import annotations

import contextlib
import socket
import struct
import time

import pytest
from connections import free_port, listening, say_nothing

from lab.agent.dial import dial

RESET = struct.pack("ii", 1, 0)


def say_http(connection, _stop):
    connection.recv(1000)
    connection.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")


def close(_connection, _stop):
    pass


def listen_and_close(connection, _stop):
    connection.recv(10_000)


def reset(connection, _stop):
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


def ask(client, **request):
    asked = {"host": "127.0.0.1", "tls": True, "timeout_s": 0.3, **request}
    return client.dial(asked.pop("host"), asked.pop("port"), **asked)


def test_a_port_where_nobody_listens_is_refused(client):
    assert ask(client, port=free_port()) == "refused"


@pytest.mark.parametrize(
    ("handle", "tls", "outcome"),
    [
        pytest.param(say_nothing, True, "silent", id="accepts and says nothing"),
        pytest.param(say_nothing, False, "answered", id="accepts, and that is enough"),
        pytest.param(say_http, True, "answered", id="answers something that is not TLS"),
        pytest.param(reset, True, "reset", id="resets the handshake"),
        pytest.param(close, True, "reset", id="accepts and closes at once"),
        pytest.param(listen_and_close, True, "reset", id="closes when it is spoken to"),
    ],
)
def test_a_dial_tells_what_was_seen(client, handle, tls, outcome):
    with listening(handle) as port:
        assert ask(client, port=port, tls=tls) == outcome


def test_a_host_that_drops_what_comes_is_a_timeout():
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):  # more than the queue of a listener that never accepts can take
            full = stack.enter_context(socket.socket())
            full.setblocking(False)
            full.connect_ex(listener.getsockname())
        time.sleep(0.1)
        assert dial("127.0.0.1", listener.getsockname()[1], True, 0.3) == "timeout"


def test_a_host_without_a_way_to_it_is_unreachable(client):
    assert ask(client, host="255.255.255.255", port=1) == "unreachable"


def test_a_server_that_wants_a_certificate_has_answered(client, speak_tls):
    with listening(speak_tls) as port:
        assert ask(client, port=port) == "answered"
