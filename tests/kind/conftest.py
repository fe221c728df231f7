"""Clusters of kind, and proof that the machine is afterwards as it was."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "cluster"))

from home_of_labs import Home, end_commands

from lab.runtime.drivers import DRIVERS
from tests.contract.traces import docker_traces, host_traces, sysctls


def traces():
    """Return what a cluster would leave: containers, networks, volumes, links, settings."""
    return {"docker": docker_traces(), "host": host_traces(), "sysctls": sysctls()}


@pytest.fixture(scope="session", autouse=True)
def image():
    DRIVERS["kind"].prepare(print)


@pytest.fixture
def untouched():
    """Whatever a test does, the machine is afterwards as it was."""
    before = traces()
    yield
    assert traces() == before


@pytest.fixture
def home(tmp_path, untouched):
    """A home without labs, and without any after the test; then the machine is looked at."""
    del untouched
    home = Home(tmp_path)
    yield home
    end_commands()
    for name in home.labs():
        home.halab("down", name)
    assert home.labs() == []
