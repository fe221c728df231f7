"""What the facts of the contract share: nodes that are made once, and what is healed after each."""

from __future__ import annotations

import pytest

from tests.contract.nodes import DRIVER, NODES, make


@pytest.fixture(scope="session", autouse=True)
def prepared():
    """What all labs share is there: it is made once, and not by these facts."""
    DRIVER.prepare(print)


@pytest.fixture(scope="session")
def runtime_and_plan(tmp_path_factory):
    runtime, plan = make(tmp_path_factory.mktemp("lab"), NODES.spec())
    yield runtime, plan
    runtime.destroy()


@pytest.fixture
def runtime(runtime_and_plan):
    return runtime_and_plan[0]


@pytest.fixture
def nodes(runtime_and_plan):
    opened = NODES(*runtime_and_plan)
    yield opened
    opened.heal_all()
    opened.close()


@pytest.fixture
def served(nodes):
    """Nodes with a server on the target that the viewer can reach."""
    nodes.serve(nodes.target)
    return nodes
