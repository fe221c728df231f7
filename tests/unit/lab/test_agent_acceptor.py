"""Listeners that anybody may connect to, as often as they like."""

from __future__ import annotations

import contextlib
import os
import resource
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from lab.agent import acceptor as module
from lab.agent.acceptor import Acceptor, is_ours, room
from lab.readiness import wait_until

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr("lab.readiness.POLL_S", 0.01)
    monkeypatch.setattr(module, "PAUSE_S", 0.02)


def echo(connection, used):
    while chunk := connection.recv(100):
        used()
        connection.sendall(chunk)


@contextlib.contextmanager
def accepting(most=3, handle=echo, **options):
    """An acceptor on a port; yields what connects to it. All connections end with the block."""
    with socket.create_server(("127.0.0.1", 0)) as listener, contextlib.ExitStack() as stack:

        def serve():
            with contextlib.suppress(OSError):
                Acceptor(listener, handle, most, **options).serve()

        def connect():
            address = listener.getsockname()
            connection = stack.enter_context(socket.create_connection(address, 5))
            connection.settimeout(5)
            return connection

        thread = threading.Thread(target=serve)
        thread.start()
        yield connect
        stack.close()
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)
        assert not thread.is_alive()


def answers(connection):
    connection.sendall(b"x")
    return connection.recv(1) == b"x"


def is_silent(connection):
    connection.settimeout(0.1)
    try:
        return connection.recv(1) == b"never"
    except TimeoutError:
        return True
    finally:
        connection.settimeout(5)


def test_more_connections_than_there_is_room_for_wait_for_it():
    with accepting(most=2) as connect:
        first, second, third = connect(), connect(), connect()
        assert answers(first)
        assert answers(second)
        third.sendall(b"x")
        assert is_silent(third)
        first.close()
        assert third.recv(1) == b"x"


def test_the_connection_that_was_idle_for_the_longest_makes_room():
    with accepting(most=2, evicts=True) as connect:
        first, second = connect(), connect()
        assert answers(first)
        assert answers(second)
        assert answers(first)
        assert answers(connect())
        assert second.recv(1) == b""
        assert answers(first)


def test_a_crowd_of_idle_connections_keeps_nobody_out():
    with accepting(most=5, evicts=True) as connect:
        idle = [connect() for _ in range(60)]
        assert answers(connect())
        assert len([connection for connection in idle if is_silent(connection)]) < 5


def test_what_is_not_allowed_is_closed_and_takes_no_room():
    refused = []

    def allowed(_connection):
        refused.append(len(refused) < 5)
        return not refused[-1]

    with accepting(most=1, allowed=allowed) as connect:
        for _ in range(5):
            assert connect().recv(1) == b""
        assert answers(connect())


def test_a_handler_that_fails_ends_its_connection_alone():
    def handle(connection, used):
        if connection.recv(1) == b"!":
            raise ConnectionResetError
        connection.sendall(b"x")
        echo(connection, used)

    with accepting(most=1, handle=handle) as connect:
        failing = connect()
        failing.sendall(b"!")
        assert failing.recv(1) == b""
        assert answers(connect())


NO_DESCRIPTORS = """
import os, resource, socket, sys, threading
sys.path.insert(0, sys.argv[1])
from lab.agent import acceptor
from lab.agent.acceptor import Acceptor
acceptor.PAUSE_S = 0.01

def echo(connection, used):
    while chunk := connection.recv(100):
        used()
        connection.sendall(chunk)

listener = socket.create_server(("127.0.0.1", 0), backlog=100)
evicts = sys.argv[2] == "evicts"
resource.setrlimit(resource.RLIMIT_NOFILE, (24, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
thread = threading.Thread(target=Acceptor(listener, echo, 1000, evicts=evicts).serve, daemon=True)
thread.start()
print(listener.getsockname()[1], flush=True)
sys.stdin.read()
print("serves" if thread.is_alive() else "gone")
"""


@pytest.mark.parametrize("way", ["evicts", "waits"])
def test_a_process_without_descriptors_goes_on(way):
    argv = [sys.executable, "-c", NO_DESCRIPTORS, str(ROOT), way]
    with (
        subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server,
        contextlib.ExitStack() as stack,
    ):
        address = ("127.0.0.1", int(server.stdout.readline()))
        crowd = [stack.enter_context(socket.create_connection(address, 5)) for _ in range(60)]
        if way == "waits":
            for connection in crowd:
                connection.close()
        last = stack.enter_context(socket.create_connection(address, 5))
        last.settimeout(5)
        assert answers(last)
        assert server.communicate("")[0] == "serves\n"


def test_the_end_of_the_listener_is_the_end():
    listener = socket.create_server(("127.0.0.1", 0))
    listener.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        Acceptor(listener, echo, 1).serve()


@pytest.mark.parametrize(
    ("limit", "most", "share", "right"),
    [
        pytest.param(1024, 128, 0.25, 128, id="usual"),
        pytest.param(1024, 128, 0.25 / 8, 32, id="usual, eight ports"),
        pytest.param(256, 128, 0.25, 64, id="few descriptors"),
        pytest.param(8, 128, 0.25, 4, id="hardly any"),
        pytest.param(resource.RLIM_INFINITY, 128, 0.25, 128, id="no limit"),
    ],
)
def test_room_is_a_share_of_the_descriptors(monkeypatch, limit, most, share, right):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limit, limit))
    assert room(most, share) == right


def test_this_user_is_let_in():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert is_ours(ours)


@pytest.mark.parametrize(
    ("user", "right"), [(os.geteuid(), True), (0, True), (os.geteuid() + 4711, False)]
)
def test_a_peer_is_known_by_its_user(user, right):
    class Connection:
        def getsockopt(self, level, option, size):
            assert (level, option) == (socket.SOL_SOCKET, socket.SO_PEERCRED)
            return module.CREDENTIALS.pack(1, user, user)[:size]

    assert is_ours(Connection()) == right


def test_bytes_pass_above_the_descriptor_1023():
    """In `pump`, which carries connections: select() would refuse."""
    from lab.agent.relay import pump  # noqa: PLC0415

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 2048)), hard))
    with contextlib.ExitStack() as stack:
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        taken = [os.open(os.devnull, os.O_RDONLY) for _ in range(1030)]
        stack.callback(lambda: [os.close(fd) for fd in taken])
        pairs = [socket.socketpair() for _ in range(2)]
        for end in (end for pair in pairs for end in pair):
            stack.enter_context(end)
        (ours, left), (right, theirs) = pairs
        assert left.fileno() > 1023
        passed = []
        thread = threading.Thread(target=pump, args=(left, right, lambda: passed.append(1)))
        thread.start()
        for end in (ours, theirs):
            end.settimeout(5)
        ours.sendall(b"there")
        assert theirs.recv(10) == b"there"
        theirs.sendall(b"back")
        assert ours.recv(10) == b"back"
        ours.close()
        theirs.close()
        thread.join(5)
        assert not thread.is_alive()
        wait_until("what passed to be noted", lambda: "" if passed else "nothing", 1)
