"""The heartbeat: every agent gets it, whatever becomes of the others."""

from __future__ import annotations

import threading
import time

import pytest

from chaos import heartbeat
from chaos.heartbeat import Heartbeat
from lab.errors import AgentError
from lab.readiness import wait_until
from tests.fakes import FakeLab


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(heartbeat, "PERIOD_S", 0.02)
    monkeypatch.setattr("lab.readiness.POLL_S", 0.01)


@pytest.fixture
def lab(tmp_path):
    return FakeLab(tmp_path, etcd=3, masters=1, workers=1)


@pytest.fixture
def hang(lab):
    """Let the agents of nodes hang until the end of the test."""
    go_on = threading.Event()
    yield lambda *nodes: lab.slow.update(
        {(node, "hello"): lambda: go_on.wait(10) for node in nodes}
    )
    go_on.set()


def wait_beats(lab, names, count):
    def check():
        late = [name for name in names if lab.hellos[name] < count]
        return f"{late} got too few" if late else ""

    wait_until(f"{count} beats", check, 5)


def test_every_agent_hears_the_heartbeat(lab):
    with Heartbeat(lab):
        wait_beats(lab, lab.hellos, 3)
    assert lab.closed == set(lab.hellos)


@pytest.mark.parametrize("fails", [True, False], ids=["deaf", "hung"])
def test_agents_that_fail_or_hang_cost_no_other_its_beat(lab, hang, monkeypatch, fails):
    monkeypatch.setattr(heartbeat, "JOIN_TIMEOUT_S", 0.2)
    silent = {"etcd-1", "etcd-3"}
    for node in silent:
        lab.raises(node, "hello", AgentError("the channel broke")) if fails else hang(node)
    with Heartbeat(lab):
        wait_beats(lab, set(lab.hellos) - silent, 5)
    assert all(lab.hellos[name] == 1 for name in silent)


def test_a_node_that_comes_back_with_a_fresh_agent_hears_the_heartbeat_again(tmp_path):
    lab = FakeLab(tmp_path, runtime="kind", etcd=1, masters=1, workers=1, stacked=True)
    lab.raises("worker-1", "hello", AgentError("it has no power"))
    with Heartbeat(lab):
        wait_beats(lab, ["host", "master-1"], 3)
        wait_beats(lab, ["worker-1"], 2)
        lab.slow.clear()
        wait_beats(lab, ["worker-1"], lab.hellos["worker-1"] + 3)


def test_an_agent_of_all_nodes_that_fails_gets_no_more_beats(tmp_path):
    lab = FakeLab(tmp_path, runtime="kind", etcd=1, masters=1, workers=1, stacked=True)
    lab.raises("host", "hello", AgentError("the keeper is gone"))
    with Heartbeat(lab):
        wait_beats(lab, ["master-1", "worker-1"], 5)
    assert lab.hellos["host"] == 1


def test_a_heartbeat_ends_with_its_block(lab):
    before = set(threading.enumerate())
    with Heartbeat(lab):
        wait_beats(lab, lab.hellos, 1)
    beats = dict(lab.hellos)
    time.sleep(0.1)
    assert lab.hellos == beats
    assert set(threading.enumerate()) <= before


def test_agents_that_hang_delay_the_end_no_longer_than_one_of_them(lab, hang, monkeypatch):
    monkeypatch.setattr(heartbeat, "JOIN_TIMEOUT_S", 0.3)
    hang(*lab.hellos)
    with Heartbeat(lab):
        wait_beats(lab, lab.hellos, 1)
        begun_s = time.monotonic()
    assert time.monotonic() - begun_s < 1
