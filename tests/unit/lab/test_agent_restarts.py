"""Agents that die: started again, later each time, and given up in the end."""

from __future__ import annotations

import itertools
import json
import socket
import subprocess
import sys
import uuid
from pathlib import Path
from types import SimpleNamespace

import pytest

from lab.agent import restarts as module
from lab.agent.given_up import answer_with
from lab.agent.restarts import PAUSES_S, STEADY_S, Restarts, given_up_reason
from lab.clients.agent import AgentClient
from lab.errors import AgentError

ROOT = Path(__file__).parents[3]


class Nodes:
    """Agents that are only numbers, and a clock that moves when it is told to."""

    def __init__(self, monkeypatch):
        self.now_s = 100.0
        self.starts = []  # node, moment
        self.removed = []
        self.given_up = []
        self.fails = False
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: self.now_s))
        self.restarts = Restarts(self._start, self._remove, self.given_up.append)

    def _start(self, node):
        self.starts.append((node, self.now_s))
        if self.fails:
            raise OSError(24, "Too many open files")
        return len(self.starts)

    def _remove(self, node):
        if self.fails:
            raise OSError(24, "Too many open files")
        self.removed.append((node, self.now_s))

    def die(self, lived_s=0.0):
        """Let the agent that was started last die, and start again what is due."""
        self.now_s += lived_s
        self.restarts.ended(len(self.starts))
        self.wait()

    def wait(self):
        """Let the time pass that the restarts ask for; return the pauses."""
        while (pause_s := self.restarts.run_due()) is not None:
            self.now_s += pause_s


@pytest.fixture
def nodes(monkeypatch):
    made = Nodes(monkeypatch)
    made.restarts.start("etcd-1")
    return made


def test_an_agent_that_dies_is_started_again_at_once(nodes):
    nodes.die(lived_s=50.0)
    assert nodes.starts == [("etcd-1", 100.0), ("etcd-1", 150.0)]
    assert set(nodes.removed) == {("etcd-1", 150.0)}


def test_an_agent_that_always_dies_is_started_later_each_time_and_then_never(nodes, capfd):
    for _ in range(20):
        nodes.die()
    moments = [moment for _, moment in nodes.starts]
    pauses = [after - before for before, after in itertools.pairwise(moments)]
    assert pauses == pytest.approx(PAUSES_S)
    assert list(PAUSES_S) == sorted(PAUSES_S)
    assert nodes.given_up == ["etcd-1"]
    assert {moment for _, moment in nodes.removed} == set(moments), "nothing of it is left"
    assert str(given_up_reason("etcd-1")) in capfd.readouterr().err


def test_deaths_count_only_in_a_row(nodes):
    for _ in range(20):
        nodes.die(lived_s=STEADY_S)
    assert len(nodes.starts) == 21
    assert nodes.given_up == []


def test_an_agent_that_cannot_be_started_counts_as_dead(nodes, capfd):
    nodes.fails = True
    nodes.die()
    assert len(nodes.starts) == 1, "what the last one left was not removed"
    assert nodes.given_up == ["etcd-1"]
    assert "Too many open files" in capfd.readouterr().err


@pytest.mark.parametrize("error", [OSError(28, "No space left"), RuntimeError("no thread")])
def test_nothing_that_is_used_up_ends_the_process_that_holds_the_nodes(nodes, monkeypatch, error):
    class Full:
        def write(self, _):
            raise OSError(28, "No space left on device")

    def give_up(_node):
        raise error

    monkeypatch.setattr(sys, "stderr", Full())
    restarts = Restarts(lambda _: 5, lambda _: None, give_up)
    restarts.start("etcd-2")
    for _ in range(20):
        restarts.ended(5)
        while (pause_s := restarts.run_due()) is not None:
            nodes.now_s += pause_s


def test_the_agents_of_other_nodes_and_other_processes_do_not_count(nodes):
    nodes.restarts.start("etcd-2")
    for _ in range(20):
        nodes.die()
        nodes.restarts.ended(4711)
    assert nodes.given_up == ["etcd-2"]
    assert [node for node, _ in nodes.starts].count("etcd-1") == 1


DYING = """
import os, sys
sys.path.insert(0, sys.argv[1])
from lab.agent import restarts
from lab.agent.supervision import keep
restarts.PAUSES_S = (0.0, 0.02, 0.05)

def start(node):
    print("start", flush=True)
    pid = os.fork()
    if not pid:
        os._exit(1)
    return pid

agents = restarts.Restarts(start, lambda node: None, lambda node: print("given up", flush=True))
agents.start("etcd-1")
keep(agents.ended, agents.run_due)
print("ended", flush=True)
"""


def test_a_process_that_holds_nodes_forks_a_dying_agent_a_few_times_only():
    argv = [sys.executable, "-c", DYING, str(ROOT)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(argv, text=True, **pipes) as keeper:
        lines = [keeper.stdout.readline() for _ in range(5)]
        assert lines == ["start\n"] * 4 + ["given up\n"]
        assert keeper.communicate("")[0] == "ended\n", "it served on until its owner ended"


@pytest.fixture
def given_up():
    """The runtime of a node whose agent was given up."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"\0halab-test-{uuid.uuid4().hex}")
        listener.listen()
        answer_with(listener, given_up_reason("etcd-1"))

        def channel(_node):
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(listener.getsockname())
            return connection

        yield SimpleNamespace(channel=channel)
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("op", ["hello", "relay", "heal"])
def test_an_agent_that_was_given_up_says_so_to_everybody(given_up, op):
    ask = {
        "hello": lambda client: client.hello(),
        "relay": lambda client: client.relay("127.0.0.1", 1),
        "heal": lambda client: client.heal(None),
    }[op]
    with AgentClient(given_up, "etcd-1") as client:
        for _ in range(2):
            with pytest.raises(AgentError, match=f"etcd-1: {op}: the agent of etcd-1 has died 6"):
                ask(client)


@pytest.mark.parametrize("line", [b"no JSON\n", b"[]\n", b"{}\n", b"5\n", b"\n\nnull\n"])
def test_a_line_that_is_no_request_is_answered_to_nobody(given_up, line):
    with given_up.channel("etcd-1") as channel, channel.makefile("rb") as answers:
        channel.settimeout(5)
        channel.sendall(line)
        answer = json.loads(answers.readline())
    assert (answer["id"], answer["ok"]) == (None, False)
