"""Nodes of kind that come back with one another's addresses: with a daemon of our making."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import docker
import pytest
import requests

from lab.agent.injections import Injections
from lab.agent.undos import Undos
from lab.errors import LabError
from lab.runtime.kind import power
from lab.runtime.kind.kept_nodes import KeptNode, write_nodes
from lab.runtime.kind.power import PowerSupply
from lab.runtime.kind.power_faults import power_faults

NETWORK = "net"
OWN = {"a": "10.83.0.2", "b": "10.83.0.3", "c": "10.83.0.4"}
BOTH = {"a": OWN["b"], "b": OWN["a"]}
ROUND = {"a": OWN["b"], "b": OWN["c"], "c": OWN["a"]}
ORDERS = list(itertools.permutations(ROUND))


class Daemon:
    """Nodes in a network: no two that run have the same address."""

    def __init__(self):
        self.addresses = dict(OWN)
        self.running = set(OWN)
        self.silenced = []

    def inspect_container(self, container):
        attached = {
            "IPAddress": self.addresses[container] if container in self.running else "",
            "IPAMConfig": {"IPv4Address": self.addresses[container]},
        }
        return {
            "State": {"Running": container in self.running},
            "NetworkSettings": {"Networks": {NETWORK: attached}},
            "Id": container,
        }

    def exec_create(self, container, argv):
        self.silenced.append((container, argv[0]))
        return {"Id": "exec"}

    def exec_start(self, _):
        return b""

    def exec_inspect(self, _):
        return {"ExitCode": 0}

    def kill(self, container):
        self.running.remove(container)

    def start(self, container):
        if self.addresses[container] in {self.addresses[other] for other in self.running}:
            raise docker.errors.APIError("Address already in use", requests.Response())
        self.running.add(container)

    def disconnect_container_from_network(self, *_):
        pass

    def connect_container_to_network(self, container, _, *, ipv4_address):
        self.addresses[container] = ipv4_address


@pytest.fixture
def daemon():
    return Daemon()


@pytest.fixture
def agents(daemon):
    """Side containers that run; those in `ended` do not."""
    agents = SimpleNamespace(ended=set(), start=lambda node: agents.ended.discard(node.name))
    agents.runs = lambda name: name in daemon.running and name not in agents.ended
    return agents


@pytest.fixture
def supply(tmp_path, daemon, agents, monkeypatch):
    nodes = [KeptNode(n, n, f"c-{n}", NETWORK, a, "boot", {}, None) for n, a in OWN.items()]
    write_nodes(tmp_path, nodes)
    monkeypatch.setattr(PowerSupply, "_agent_problem", lambda *_: None)
    return PowerSupply(tmp_path, agents, lambda: daemon)


@pytest.fixture
def injections(supply):
    return Injections(Undos(), power_faults(supply))


def swap(injections, addresses, order=()):
    for node in order or addresses:
        parameters = {"node": node, "address": addresses[node]}
        injections.inject(f"u-{node}", "other-address", parameters, None, None)


@pytest.mark.parametrize("addresses", [BOTH, ROUND], ids=["two", "three"])
def test_nodes_have_one_anothers_addresses_until_the_heal(injections, daemon, addresses):
    swap(injections, addresses)
    assert daemon.addresses == OWN | addresses
    assert daemon.running == set(OWN)
    injections.heal()
    assert daemon.addresses == OWN
    assert daemon.running == set(OWN)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("healed", ORDERS)
def test_the_order_of_requests_does_not_matter(injections, daemon, order, healed):
    swap(injections, ROUND, order)
    assert daemon.addresses == ROUND
    for node in healed:
        assert injections.heal([f"u-{node}"])["errors"] == {}
    assert daemon.addresses == OWN
    assert daemon.running == set(OWN)


def test_whose_address_is_taken_is_silenced_before_it_is_killed(injections, daemon):
    swap(injections, BOTH, ["a"])
    assert [container.rpartition("-")[2] for container, _ in daemon.silenced] == ["a", "b"]


def test_a_heal_needs_no_agent_of_the_node(injections, daemon, agents):
    swap(injections, BOTH)
    agents.ended |= {"a", "b"}
    assert injections.heal()["errors"] == {}
    assert daemon.addresses == OWN


def test_what_a_dead_keeper_has_swapped_is_swapped_back(injections, supply, daemon):
    swap(injections, BOTH)
    PowerSupply(supply.directory, supply.agents, supply.client).switch_all_on()
    assert daemon.addresses == OWN
    assert list((supply.directory / power.NOTES).iterdir()) == []


def test_a_swap_that_fails_in_the_middle_is_healed(injections, daemon, monkeypatch):
    def refuse(*_):
        raise docker.errors.APIError("no", requests.Response())

    with monkeypatch.context() as patched:
        patched.setattr(daemon, "start", refuse)
        with pytest.raises(ValueError, match="no"):
            swap(injections, BOTH)
    assert daemon.running == {"c"}, "its own request never came"
    injections.heal()
    assert daemon.addresses == OWN
    assert daemon.running == set(OWN)


def test_a_node_that_has_no_power_already_gets_the_address(supply, daemon):
    supply.switch_off("a")
    supply.switch_on_as("a", OWN["b"])
    assert daemon.running == {"a", "c"}
    with pytest.raises(LabError, match="no node has the address"):
        supply.check_address("10.83.0.9")
