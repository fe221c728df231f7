"""The heartbeat: every agent hears it, whatever becomes of the others."""

from __future__ import annotations

import contextlib
import threading
import time
from types import SimpleNamespace

import pytest

from chaos import heartbeat
from chaos.heartbeat import Heartbeat
from lab.components import plan_lab
from lab.errors import AgentError
from lab.readiness import wait_until
from lab.spec import LabSpec

PLAN = plan_lab(LabSpec(etcd=3, masters=1, workers=1))
NAMES = [node.name for node in PLAN.nodes]


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(heartbeat, "PERIOD_S", 0.02)
    monkeypatch.setattr("lab.readiness.POLL_S", 0.01)


@pytest.fixture
def hearing():
    """A lab whose agents count their beats; those in `deaf` raise, those in `hung` say nothing."""
    beats = dict.fromkeys(NAMES, 0)
    deaf, hung, closed, go_on = set(), set(), set(), threading.Event()

    @contextlib.contextmanager
    def open_agent(name):
        def hello():
            beats[name] += 1
            if name in hung:
                go_on.wait(10)
            if name in deaf:
                raise AgentError(f"{name}: the channel broke")

        yield SimpleNamespace(hello=hello)
        closed.add(name)

    lab = SimpleNamespace(plan=PLAN, open_agent=open_agent, beats=beats, closed=closed)
    lab.deaf, lab.hung = deaf, hung
    yield lab
    go_on.set()


def wait_beats(lab, names, count):
    def check():
        late = [name for name in names if lab.beats[name] < count]
        return f"{late} heard too little" if late else ""

    wait_until(f"{count} beats", check, 5)


def test_every_agent_hears_the_heartbeat(hearing):
    with Heartbeat(hearing):
        wait_beats(hearing, NAMES, 3)
    assert hearing.closed == set(NAMES)


@pytest.mark.parametrize("fails", ["deaf", "hung"])
def test_agents_that_fail_or_hang_cost_no_other_its_beat(hearing, monkeypatch, fails):
    monkeypatch.setattr(heartbeat, "JOIN_TIMEOUT_S", 0.2)
    silent = {NAMES[0], NAMES[2]}
    getattr(hearing, fails).update(silent)
    with Heartbeat(hearing):
        wait_beats(hearing, set(NAMES) - silent, 5)
    assert all(hearing.beats[name] == 1 for name in silent)


def test_a_heartbeat_ends_with_its_block(hearing):
    with Heartbeat(hearing) as beating:
        wait_beats(hearing, NAMES, 1)
    heard = dict(hearing.beats)
    time.sleep(0.1)
    assert hearing.beats == heard
    assert not any(thread.is_alive() for thread in beating._threads)


def test_agents_that_hang_delay_the_end_no_longer_than_one_of_them(hearing, monkeypatch):
    monkeypatch.setattr(heartbeat, "JOIN_TIMEOUT_S", 0.3)
    hearing.hung.update(NAMES)
    with Heartbeat(hearing):
        wait_beats(hearing, NAMES, 1)
        begun_s = time.monotonic()
    assert time.monotonic() - begun_s < 1
