"""What the keeper of a lab makes: sockets of its user alone."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import subprocess
import sys
import threading
import uuid

import pytest

from lab.clients.agent import AgentClient
from lab.errors import AgentError
from lab.runtime.netns.keeper import listen_at
from lab.runtime.netns.runtime import NetnsRuntime


@pytest.fixture
def no_umask():
    before = os.umask(0)
    yield
    os.umask(before)


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.usefixtures("no_umask")
def test_the_socket_of_an_agent_is_its_users_alone_whatever_the_umask(tmp_path):
    with listen_at(tmp_path, "etcd-1"):
        assert mode_of(tmp_path / "sock") == 0o700
        assert mode_of(tmp_path / "sock" / "etcd-1") == 0o600
    with listen_at(tmp_path, "etcd-1"):
        assert mode_of(tmp_path / "sock" / "etcd-1") == 0o600


def test_the_last_socket_is_replaced(tmp_path):
    listen_at(tmp_path, "etcd-1").close()
    with (
        listen_at(tmp_path, "etcd-1") as listener,
        NetnsRuntime(tmp_path).channel("etcd-1") as channel,
        listener.accept()[0] as connection,
    ):
        channel.sendall(b"x")
        assert connection.recv(1) == b"x"


def test_a_process_without_descriptors_gets_an_agent_error(tmp_path, monkeypatch):
    def no_socket(*_):
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(socket, "socket", no_socket)
    with pytest.raises(AgentError, match=r"no connection to node etcd-1: .*Too many open files"):
        AgentClient(NetnsRuntime(tmp_path), "etcd-1")


ASKER = """
import os, socket, sys
user = int(sys.argv[2])
if user != os.geteuid():
    os.setgid(user)
    os.setuid(user)
connection = socket.socket(socket.AF_UNIX)
connection.settimeout(5)
connection.connect(chr(0) + sys.argv[1])
request = b'{"id": 1, "session": "", "op": "hello", "arguments": {}}'
try:
    connection.sendall(request + bytes([10]))
    print(connection.recv(1000))
except OSError:
    print(b"")
"""


@pytest.fixture
def open_socket(runtime):
    """The name of a socket of the agent that everybody may connect to."""
    name = f"halab-open-{uuid.uuid4().hex}"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"\0{name}")
        listener.listen()

        def serve():
            with contextlib.suppress(OSError):
                runtime.agent.serve(listener)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield name
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


# an ordinary user can be nobody else: the second case is root's
USERS = {os.geteuid(): True} | ({65534: False} if os.geteuid() == 0 else {})


@pytest.mark.parametrize(("user", "served"), USERS.items())
def test_an_agent_does_nothing_for_another_user_even_where_its_socket_is_open(
    open_socket, user, served
):
    argv = [sys.executable, "-c", ASKER, open_socket, str(user)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert ("etcd-1" in done.stdout) == served
    assert served or done.stdout == "b''\n"
