"""The addresses of a node, and those that it loses with its power."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from lab.agent import addresses as addresses_module
from lab.agent.addresses import addresses, remove_all_but

OWN = {"127.0.0.1/8": "lo", "10.83.4.1/16": "eth0"}


VIP = {"10.83.4.100/16": "eth0"}


@pytest.fixture
def ran(monkeypatch):
    """What was run, on a node that has its own addresses and the VIP."""
    links: dict[str, list[dict[str, object]]] = {}
    for address, link in (OWN | VIP).items():
        local, _, prefix = address.partition("/")
        links.setdefault(link, []).append({"local": local, "prefixlen": int(prefix)})
    output = json.dumps([{"ifname": name, "addr_info": infos} for name, infos in links.items()])
    commands = []

    def run(argv, **_):
        commands.append(argv)
        return SimpleNamespace(stdout=output)

    monkeypatch.setattr(addresses_module.subprocess, "run", run)
    return commands


@pytest.mark.usefixtures("ran")
def test_addresses_are_those_of_every_interface():
    assert addresses() == OWN | VIP


def test_only_what_came_later_is_forgotten(ran):
    remove_all_but(OWN)
    assert ran[1:] == [["ip", "addr", "del", "10.83.4.100/16", "dev", "eth0"]]
