"""Whom a component is connected to: the kernel's tables, and a real process with real sockets."""

from __future__ import annotations

import socket
import sys

import pytest

from lab.agent.processes import Processes
from lab.agent.sockets import LISTEN, Socket, opened, sockets_in
from lab.readiness import wait_until

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
ROW = "   0: {local} {remote} {state} 00000000:00000000 00:00000000 00000000 0 0 {inode} 1 0\n"
# connects to a port, listens at another one, and tells the latter
CLIENT = """\
import socket, sys, time
mine = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
served = socket.create_server(("127.0.0.1", 0))
with open(sys.argv[2], "w") as handle:
    handle.write(str(served.getsockname()[1]) + "\\n")
theirs, _ = served.accept()
time.sleep(60)
"""
CHILD = """\
import socket, sys, time
mine = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
time.sleep(60)
"""


@pytest.mark.parametrize(
    ("remote", "wanted"),
    [
        pytest.param("0100007F:192B", "127.0.0.1:6443", id="IPv4"),
        pytest.param("0102530A:01BB", "10.83.2.1:443", id="IPv4 of a node"),
        pytest.param(
            "0000000000000000FFFF00000100007F:192B", "127.0.0.1:6443", id="IPv4 in an IPv6 table"
        ),
        pytest.param("00000000000000000000000001000000:192B", "::1:6443", id="IPv6"),
    ],
)
def test_a_row_of_the_kernels_table_is_read(remote, wanted):
    row = ROW.format(local="0100007F:C350", remote=remote, state="01", inode=77)
    assert sockets_in(HEAD + row) == [Socket(77, "01", 50000, wanted)]


def test_only_what_the_owner_has_opened_itself_counts():
    rows = [
        Socket(1, LISTEN, 10250, "0.0.0.0:0"),
        Socket(2, "01", 10250, "10.83.2.1:5000"),  # somebody else opened it
        Socket(3, "01", 40000, "127.0.0.1:6443"),
        Socket(4, "02", 40001, "127.0.0.1:8080"),  # still under way
        Socket(5, "01", 40002, "127.0.0.1:9999"),  # of another process
    ]
    assert opened(rows, {1, 2, 3, 4}) == ["127.0.0.1:6443", "127.0.0.1:8080"]


def test_the_connections_of_a_component_are_those_of_its_processes(tmp_path):
    processes, told = Processes(str(tmp_path)), tmp_path / "port"
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        processes.start("client", [sys.executable, "-c", CLIENT, str(port), str(told)])
        wait_until("the client to listen", lambda: "" if ready(told) else "not yet", 20)
        with socket.create_connection(("127.0.0.1", int(told.read_text()))):
            found = processes.peers(["client", "unknown"])
        processes.signal("client", "KILL")
    assert found == {"client": [f"127.0.0.1:{port}"], "unknown": None}
    assert processes.peers(["client"]) == {"client": None}


def ready(path):
    return path.exists() and path.read_text().endswith("\n")


def test_a_connection_of_a_child_process_is_its_components(tmp_path):
    processes = Processes(str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        child = ["sh", "-c", '"$0" -c "$1" "$2" & wait', sys.executable, CHILD, str(port)]
        processes.start("parent", child)
        with server.accept()[0]:
            found = processes.peers(["parent"])
        processes.signal("parent", "KILL")
    assert found == {"parent": [f"127.0.0.1:{port}"]}
