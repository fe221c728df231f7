"""Labs in real containers, and proof that Docker is afterwards as it was."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import pytest

CLUSTER = Path(__file__).parents[1] / "cluster"
sys.path.append(str(CLUSTER))

from home_of_labs import Home, end_commands  # noqa: E402

from lab.runtime.docker.connection import connect  # noqa: E402
from lab.runtime.drivers import DRIVERS  # noqa: E402

SMALL = CLUSTER / "small.yaml"


def docker_traces():
    """What Docker has of containers, networks and volumes."""
    with contextlib.closing(connect()) as client:
        networks = sorted(network["Name"] for network in client.networks())
        containers = sorted(container["Names"][0] for container in client.containers(all=True))
        return [containers, networks, client.volumes()["Volumes"]]


@pytest.fixture(scope="session", autouse=True)
def image():
    DRIVERS["docker"].prepare(print)


@pytest.fixture
def client():
    with contextlib.closing(connect()) as client:
        yield client


@pytest.fixture(autouse=True)
def commands():
    """No command outlives its test, not even one that has failed."""
    yield
    end_commands()


@pytest.fixture
def home(tmp_path):
    """A home without labs; after the test Docker has what it had before."""
    before = docker_traces()
    home = Home(tmp_path)
    yield home
    end_commands()
    for name in home.labs():
        home.halab("down", name)
    assert home.labs() == []
    assert docker_traces() == before
