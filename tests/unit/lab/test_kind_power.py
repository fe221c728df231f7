"""Power of nodes, as the keeper of a lab switches it: with a daemon of our making."""

from __future__ import annotations

import contextlib
import socket
import threading

import docker
import pytest
import requests

from lab.agent.injections import Injections
from lab.agent.requests import RequestServer
from lab.agent.undos import Undos
from lab.clients.agent import AgentClient
from lab.errors import AgentError, LabError
from lab.found import POWER_AGENT
from lab.runtime.kind import power
from lab.runtime.kind.keeper import requests_of
from lab.runtime.kind.kept_nodes import KeptNode, write_nodes
from lab.runtime.kind.power import PowerSupply
from lab.runtime.kind.power_faults import power_faults
from lab.runtime.netns.agent_socket import connect_to, listen_at

ADDRESS, NETWORK = "10.83.0.2", "net"
SIDE = "side"


def api_error(status, explanation):
    response = requests.Response()
    response.status_code = status
    kind = docker.errors.NotFound if status == 404 else docker.errors.APIError
    return kind(explanation, response, explanation)


class Daemon:
    """One node and its side container: what is done to them, in order."""

    def __init__(self):
        self.running = True
        self.gone = False
        self.network = {"IPAddress": ADDRESS, "IPAMConfig": None}
        self.address_at_start = ADDRESS
        self.chooses = True  # whether addresses can be asked for
        self.done = []

    def inspect_container(self, container):
        if self.gone:
            raise api_error(404, "No such container")
        networks = {} if self.network is None else {NETWORK: self.network}
        return {
            "State": {"Running": self.running},
            "NetworkSettings": {"Networks": networks},
            "Id": container,
        }

    def exec_create(self, _, argv):
        self.done.append(f"{argv[0]} {argv[1].split()[0]}")
        return {"Id": "exec"}

    def exec_start(self, _):
        return b""

    def exec_inspect(self, _):
        return {"ExitCode": 0}

    def kill(self, _):
        self.done.append("kill")
        self.running = False

    def start(self, _):
        self.done.append("start")
        self.running = True
        self.network["IPAddress"] = self.address_at_start

    def disconnect_container_from_network(self, *_):
        self.done.append("disconnect")
        self.network = None

    def connect_container_to_network(self, *_, ipv4_address=None):
        if ipv4_address is not None and not self.chooses:
            raise api_error(400, "only supported for networks with user configured subnets")
        self.done.append(f"connect {ipv4_address}")
        self.network = {"IPAMConfig": {"IPv4Address": ipv4_address}, "IPAddress": ""}


class Agents:
    """The side container of the node, whose agent always answers."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.running = True

    def runs(self, _):
        return self.running and self.daemon.running

    def start(self, _):
        self.daemon.done.append("agent")
        self.running = True


@pytest.fixture
def daemon():
    return Daemon()


@pytest.fixture
def supply(tmp_path, daemon, monkeypatch):
    write_nodes(tmp_path, [KeptNode("n", "id", "c-n", NETWORK, ADDRESS, "boot", {}, None)])
    monkeypatch.setattr(PowerSupply, "_agent_problem", lambda *_: None)
    return PowerSupply(tmp_path, Agents(daemon), lambda: daemon)


@pytest.fixture
def keeper(tmp_path, supply):
    """Serve the protocol of agents, and return a client of it."""
    undos = Undos()
    injections = Injections(undos, power_faults(supply))
    listener = listen_at(tmp_path, POWER_AGENT)
    server = RequestServer(requests_of(undos, injections), {}, undos)

    def serve():
        with contextlib.suppress(OSError):
            server.serve(listener)

    thread = threading.Thread(target=serve)
    thread.start()

    class Runtime:
        def channel(self, node):
            return connect_to(tmp_path, node)

    with AgentClient(Runtime(), POWER_AGENT) as client:
        yield client
    # without shutdown a thread in accept() would keep the socket
    listener.shutdown(socket.SHUT_RDWR)
    thread.join()
    listener.close()


def test_a_node_falls_silent_before_it_is_killed(supply, daemon):
    supply.switch_off("n")
    assert daemon.done == ["nft table", "kill"]


def test_its_undo_is_noted_before_anything_is_done(supply, daemon, monkeypatch, tmp_path):
    def refuse(*_):
        assert (tmp_path / power.NOTES / "n").exists()
        raise LabError("refused")

    monkeypatch.setattr(power, "run_in", refuse)
    with pytest.raises(LabError, match="refused"):
        supply.switch_off("n")
    assert daemon.running


def test_it_comes_back_with_its_address_and_its_agent(supply, daemon, tmp_path):
    supply.switch_off("n")
    daemon.done.clear()
    supply.switch_on("n")
    assert daemon.done == ["disconnect", f"connect {ADDRESS}", "start", "agent"]
    assert list((tmp_path / power.NOTES).iterdir()) == []


def test_its_address_is_given_only_once(supply, daemon):
    for _ in range(2):
        supply.switch_off("n")
        daemon.done.clear()
        supply.switch_on("n")
    assert daemon.done == ["start", "agent"]


def test_a_node_that_was_only_silenced_is_heard_again(supply, daemon):
    daemon.done.clear()
    supply.switch_on("n")
    assert daemon.done == ["nft add"]


def test_a_node_that_runs_without_its_agent_gets_one(supply, daemon):
    supply.agents.running = False
    supply.switch_on("n")
    assert daemon.done == ["agent"]


def test_a_disconnected_node_is_connected_at_the_next_attempt(supply, daemon):
    supply.switch_off("n")
    daemon.network = None
    daemon.done.clear()
    supply.switch_on("n")
    assert daemon.done == [f"connect {ADDRESS}", "start", "agent"]


def test_where_no_address_can_be_asked_for_the_same_one_is_right(supply, daemon):
    daemon.chooses = False
    supply.switch_off("n")
    supply.switch_on("n")
    assert daemon.running


def test_a_node_with_another_address_is_stopped_again_and_says_so(supply, daemon):
    daemon.chooses, daemon.address_at_start = False, "10.83.0.9"
    supply.switch_off("n")
    with pytest.raises(LabError, match=r"would come back as 10\.83\.0\.9 and not as 10\.83\.0\.2"):
        supply.switch_on("n")
    assert not daemon.running


def test_a_container_that_was_removed_is_named(supply, daemon):
    daemon.gone = True
    with pytest.raises(LabError, match=r"c-n of n was removed from outside.*halab down"):
        supply.switch_on("n")


def test_what_a_dead_keeper_has_left_off_is_switched_on(supply, daemon):
    supply.switch_off("n")
    PowerSupply(supply.directory, supply.agents, supply.client).switch_all_on()
    assert daemon.running


def test_the_keeper_answers_like_an_agent(keeper):
    hello = keeper.hello()
    assert hello.node == POWER_AGENT
    assert keeper.hello().boot == hello.boot
    assert keeper.events() == []


def test_power_is_a_fault_with_an_undo(keeper, daemon):
    times = keeper.inject("u", "power-off", {"node": "n"}, owner="lab", for_s=None)
    assert times.gone_s >= times.sent_s
    assert not daemon.running
    assert keeper.active() == ["u"]
    assert keeper.heal(["u"]).healed == ["u"]
    assert daemon.running


def test_power_comes_back_by_itself_when_its_time_is_up(keeper, daemon):
    keeper.inject("u", "power-off", {"node": "n"}, owner="lab", for_s=0.1)
    for _ in range(50):
        if daemon.running:
            break
        threading.Event().wait(0.1)
    assert daemon.running
    assert keeper.heal(None).fired == ["u"]


def test_a_node_without_power_loses_it_no_second_time(keeper):
    keeper.inject("u", "power-off", {"node": "n"}, owner="lab", for_s=None)
    with pytest.raises(AgentError, match="n has no power"):
        keeper.inject("v", "power-off", {"node": "n"}, owner="lab", for_s=None)
    assert keeper.active() == ["u"]


@pytest.mark.parametrize(
    ("kind", "parameters", "reason"),
    [
        ("power-off", {"node": "x"}, "there is no node x"),
        ("power-off", {}, "node"),
        ("other-address", {"node": "n", "address": "10.83.0.9"}, "no node has the address"),
        ("other-address", {"node": "x", "address": ADDRESS}, "there is no node x"),
        ("kill", {"component": "etcd"}, "unknown fault kill"),
    ],
)
def test_what_the_keeper_cannot_do_is_refused(keeper, kind, parameters, reason):
    with pytest.raises(AgentError, match=reason):
        keeper.inject("u", kind, parameters, owner="lab", for_s=None)
    assert keeper.active() == []


def test_a_heal_that_fails_is_told_and_kept(keeper, daemon):
    keeper.inject("u", "power-off", {"node": "n"}, owner="lab", for_s=None)
    daemon.gone = True
    assert "removed from outside" in str(keeper.heal(["u"]).errors["u"])
    assert keeper.active() == ["u"]
