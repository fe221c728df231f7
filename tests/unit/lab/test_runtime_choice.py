"""Which runtime a lab gets, and what is said when there is none."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from lab.clock import check_clock
from lab.components import plan_lab
from lab.errors import NotCapableError, RuntimeUnavailableError
from lab.runtime.drivers import DRIVERS, choose
from lab.spec import LabSpec

NO_NFT = "missing: nft; `make setup` installs them"
NO_DAEMON = "no Docker daemon answers at unix:///x"
CHOICES = {
    "netns where it can be had": ("auto", "", "", "netns"),
    "netns where there is no daemon": ("auto", "", NO_DAEMON, "netns"),
    "docker where netns cannot be had": ("auto", NO_NFT, "", "docker"),
    "docker by name": ("docker", "", "", "docker"),
    "netns by name": ("netns", "", "", "netns"),
}


@pytest.fixture
def machine(monkeypatch):
    def make(netns, docker):
        for name, reason in (("netns", netns), ("docker", docker)):
            monkeypatch.setattr(type(DRIVERS[name]), "unavailable", lambda *_, said=reason: said)

    return make


@pytest.mark.parametrize(("name", "netns", "docker", "chosen"), CHOICES.values(), ids=CHOICES)
def test_the_runtime_is(machine, name, netns, docker, chosen):
    machine(netns, docker)
    assert choose(name, ()) == chosen


def test_where_there_is_none_every_way_out_is_said(machine):
    machine(NO_NFT, NO_DAEMON)
    with pytest.raises(RuntimeUnavailableError) as caught:
        choose("auto", ())
    assert f"netns: {NO_NFT}" in str(caught.value)
    assert f"docker: {NO_DAEMON}" in str(caught.value)


@pytest.mark.parametrize("name", ["netns", "docker"])
def test_a_named_one_is_never_replaced_by_another(machine, name):
    machine(*((NO_NFT, "") if name == "netns" else ("", NO_DAEMON)))
    with pytest.raises(RuntimeUnavailableError, match=r"missing: nft|no Docker daemon"):
        choose(name, ())


def lab_with_clock(offset_s):
    def hello():
        return SimpleNamespace(now_s=time.monotonic() + offset_s)

    agent = SimpleNamespace(hello=hello)
    return SimpleNamespace(plan=plan_lab(LabSpec(masters=0)), agent=lambda _: agent)


def test_nodes_with_this_machines_clock_can_be_measured():
    check_clock(lab_with_clock(0.0))


@pytest.mark.parametrize("offset_s", [-5.0, 3600.0])
def test_nodes_with_a_clock_of_their_own_cannot(offset_s):
    with pytest.raises(NotCapableError, match="another clock"):
        check_clock(lab_with_clock(offset_s))
