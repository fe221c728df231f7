"""Who holds the VIP, as the nodes themselves say, and what a node without power forgets."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from lab.agent import addresses as addresses_module
from lab.agent.addresses import addresses, forget_all_but
from lab.components import plan_lab
from lab.errors import LabError
from lab.health import vip_holder
from lab.spec import LabSpec

OWN = {"127.0.0.1/8": "lo", "10.83.4.1/16": "eth0"}
VIP = {"10.83.4.100/16": "eth0"}


def lab_with(**held):
    def agent(name):
        return SimpleNamespace(addresses=lambda: OWN | held.get(name.replace("-", "_"), {}))

    return SimpleNamespace(plan=plan_lab(LabSpec(lb="vip")), agent=agent)


def test_the_one_node_with_the_address_holds_the_vip():
    assert vip_holder(lab_with(balancer_2=VIP)) == "balancer-2"


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ({}, "the VIP is held by nobody"),
        ({"balancer_1": VIP, "balancer_2": VIP}, "held by balancer-1, balancer-2"),
        ({"balancer_1": {"10.83.4.10/16": "eth0"}}, "held by nobody"),
    ],
)
def test_two_holders_or_none_are_an_error(held, said):
    with pytest.raises(LabError, match=said):
        vip_holder(lab_with(**held))


@pytest.fixture
def ran(monkeypatch):
    """What was run, on a node that has its own addresses and the VIP."""
    links: dict[str, list[dict[str, object]]] = {}
    for address, link in (OWN | VIP).items():
        local, _, prefix = address.partition("/")
        links.setdefault(link, []).append({"local": local, "prefixlen": int(prefix)})
    said = json.dumps([{"ifname": name, "addr_info": infos} for name, infos in links.items()])
    commands = []

    def run(argv, **_):
        commands.append(argv)
        return SimpleNamespace(stdout=said)

    monkeypatch.setattr(addresses_module.subprocess, "run", run)
    return commands


@pytest.mark.usefixtures("ran")
def test_addresses_are_those_of_every_interface():
    assert addresses() == OWN | VIP


def test_only_what_came_later_is_forgotten(ran):
    forget_all_but(OWN)
    assert ran[1:] == [["ip", "addr", "del", "10.83.4.100/16", "dev", "eth0"]]
