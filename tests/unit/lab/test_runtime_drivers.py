"""The choice of a runtime, and the errors when none can make labs."""

from __future__ import annotations

import pytest

from lab.errors import RuntimeUnavailableError
from lab.runtime.drivers import DRIVERS, choose

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
            monkeypatch.setattr(
                type(DRIVERS[name]), "unavailable", lambda *_, message=reason: message
            )

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
