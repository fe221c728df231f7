"""Real labs for the tests, and proof that nothing of them is left."""

from __future__ import annotations

import pytest
from home_of_labs import Home, end_commands

from lab.binaries.resolve import resolve
from tests.contract.traces import host_traces


@pytest.fixture(autouse=True)
def commands():
    """No command outlives its test, not even one that has failed."""
    yield
    end_commands()


@pytest.fixture
def home(tmp_path):
    """A home without labs; after the test nothing of it may be left, and the host be unchanged."""
    before = host_traces()
    made = Home(tmp_path)
    yield made
    end_commands()
    for name in made.labs():
        made.halab("down", name)
    made.wait_empty()
    assert made.labs() == []
    assert host_traces() == before


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A home with one lab of 3 etcd x 3 masters x 2 workers, made by `halab up`."""
    made = Home(tmp_path_factory.mktemp("home"))
    made.halab("up", "big")
    yield made
    made.halab("down", "big")
    made.wait_empty()


@pytest.fixture
def lab(shared):
    """The shared lab, attached; whatever a test has broken is healed after it."""
    attached = shared.attach("big")
    yield attached
    for node in attached.plan.nodes:
        attached.agent(node.name).heal(None)
    attached.close()


@pytest.fixture(scope="session")
def kubectl():
    return str(resolve(["kubectl"], progress=print).path("kubectl"))
