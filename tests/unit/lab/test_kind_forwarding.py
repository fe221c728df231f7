"""Connections from this machine to workers' balancers, as the keeper of a lab carries them."""

from __future__ import annotations

import contextlib
import os
import socket
import threading

import pytest
from connections import free_port, listening, read_all

from lab.errors import AgentError
from lab.readiness import wait_until
from lab.runtime.kind import keeper
from lab.runtime.kind.kept_nodes import RECORD, KeptNode, write_nodes

HOST = "127.0.0.1"
SOON_S = 10


class Agents:
    """The agents of nodes: each of them is that of `runtime`, but none runs on nodes that are off.

    `channels`: all that were opened, with their nodes.
    """

    def __init__(self, runtime):
        self.off = set()
        self.channels = []
        self._runtime = runtime

    def channel(self, name):
        if name in self.off:
            raise AgentError(f"no agent runs on node {name}")
        self.channels.append((name, self._runtime.channel(name)))
        return self.channels[-1][1]

    def nodes(self):
        return {name for name, _ in self.channels}

    def all_closed(self):
        return all(channel.fileno() == -1 for _, channel in self.channels)


@pytest.fixture
def agents(runtime):
    return Agents(runtime)


def write(directory, **frontends):
    """Write nodes down with the ports of their balancers, None for a node without frontend."""
    nodes = [
        KeptNode(name, "id", f"c-{name}", "net", "10.83.0.2", "boot", {}, port and (HOST, port))
        for name, port in frontends.items()
    ]
    write_nodes(directory, nodes)


def answer(connection, _stop):
    while chunk := connection.recv(100_000):
        connection.sendall(chunk.upper())


def answer_at_the_end(connection, _stop):
    connection.sendall(read_all(connection).upper())


def end_at_once(_connection, _stop):
    pass


@contextlib.contextmanager
def forwarded(directory, agents, used=lambda: None):
    """A client's end of a connection to the node `a`; its forwarding ends with the block."""
    client, ours = socket.socketpair()

    def run():
        with ours:
            keeper.forward(directory, agents, "a", ours, used)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    with client:
        client.settimeout(SOON_S)
        yield client
    thread.join(SOON_S)
    assert not thread.is_alive()


def asked(client, word):
    """Return the answer to a word."""
    client.sendall(word)
    received = b""
    while len(received) < len(word):
        chunk = client.recv(len(word))
        assert chunk, f"it ended after {received}"
        received += chunk
    return received


def test_bytes_are_carried_both_ways_and_noted(agents, tmp_path):
    uses = []
    with listening(answer) as port:
        write(tmp_path, a=port)
        with forwarded(tmp_path, agents, lambda: uses.append(1)) as client:
            for word in (b"hello", b"a\x00\xff" * 10_000):
                before = len(uses)
                assert asked(client, word) == word.upper()
                assert len(uses) > before
    assert agents.nodes() == {"a"}


def test_the_end_of_a_clients_way_is_passed_on_before_the_answer(agents, tmp_path):
    with listening(answer_at_the_end) as port:
        write(tmp_path, a=port)
        with forwarded(tmp_path, agents) as client:
            client.sendall(b"hello")
            client.shutdown(socket.SHUT_WR)
            assert read_all(client) == b"HELLO"


def test_a_client_sees_that_the_balancer_has_ended_the_connection(agents, tmp_path):
    with listening(end_at_once) as port:
        write(tmp_path, a=port)
        with forwarded(tmp_path, agents) as client:
            assert read_all(client) == b""


def test_nothing_is_open_when_the_client_is_gone(agents, tmp_path):
    ended = threading.Event()

    def wait_for_the_end(connection, _stop):
        read_all(connection)
        ended.set()

    with listening(wait_for_the_end) as port:
        write(tmp_path, a=port)
        with forwarded(tmp_path, agents) as client:
            client.sendall(b"hello")
        assert ended.wait(SOON_S)
    assert agents.channels
    assert agents.all_closed()


def have_no_agent(directory, agents):
    write(directory, a=free_port())
    agents.off.add("a")


IMPOSSIBLE = [
    pytest.param(lambda _directory, _agents: None, set(), id="no nodes yet"),
    pytest.param(lambda directory, _: write(directory, b=1), set(), id="other nodes"),
    pytest.param(lambda directory, _: write(directory, a=None), set(), id="no frontend"),
    pytest.param(lambda directory, _: (directory / RECORD).write_text("[{}]"), set(), id="broken"),
    pytest.param(have_no_agent, set(), id="no agent"),
    pytest.param(lambda directory, _: write(directory, a=free_port()), {"a"}, id="no balancer"),
]


@pytest.mark.parametrize(("prepare", "entered"), IMPOSSIBLE)
def test_what_cannot_be_carried_ends_without_an_error(agents, tmp_path, prepare, entered):
    prepare(tmp_path, agents)
    with forwarded(tmp_path, agents) as client:
        assert read_all(client) == b""
    assert agents.nodes() == entered
    assert agents.all_closed()


@pytest.fixture
def serve(tmp_path, agents, monkeypatch):
    """Serve a port for each of these nodes, and return what connects to a node's port."""
    listeners = []

    class Acceptor(keeper.Acceptor):
        def __init__(self, listener, *arguments, **options):
            listeners.append(listener)
            super().__init__(listener, *arguments, **options)

    monkeypatch.setattr(keeper, "Acceptor", Acceptor)
    monkeypatch.setattr("lab.readiness.POLL_S", 0.01)

    def start(*names):
        ports, fds = {}, {}
        for name in names:
            with socket.create_server((HOST, 0)) as listener:
                ports[name] = listener.getsockname()[1]
                fds[str(os.dup(listener.fileno()))] = name
        keeper.serve_ports(fds, tmp_path, agents)

        def connect(name):
            return socket.create_connection((HOST, ports[name]), SOON_S)

        return connect

    yield start
    wait_until("all to end", lambda: "" if agents.all_closed() else "channels are open", SOON_S)
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@pytest.mark.parametrize(("prepare", "_entered"), IMPOSSIBLE)
def test_a_port_ends_what_cannot_be_carried_and_serves_on(
    agents, tmp_path, serve, prepare, _entered
):
    prepare(tmp_path, agents)
    connect = serve("a")
    with connect("a") as client:
        assert read_all(client) == b""
    agents.off.clear()
    with listening(answer) as port:
        write(tmp_path, a=port)
        with connect("a") as client:
            assert asked(client, b"hello") == b"HELLO"


def test_each_port_leads_to_its_own_node(agents, tmp_path, serve):
    connect = serve("a", "b")
    with listening(answer) as upper, listening(end_at_once) as ending:
        write(tmp_path, a=upper, b=ending)
        with connect("a") as client:
            assert asked(client, b"hello") == b"HELLO"
        assert agents.nodes() == {"a"}
        with connect("b") as client:
            assert read_all(client) == b""
        assert agents.nodes() == {"a", "b"}
