"""The watch over who leads, beside a trial."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import pytest

from chaos.observers import leaders
from chaos.observers.leaders import LeaderWatch
from lab.components.lab_plan import plan_lab
from lab.errors import LabError
from lab.readiness import wait_until
from lab.spec import LabSpec

PLAN = plan_lab(LabSpec(etcd=3, masters=1, workers=1))


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(leaders, "POLL_S", 0.01)
    monkeypatch.setattr("lab.readiness.POLL_S", 0.01)


class Cluster:
    """Members that answer with these statuses; an exception is raised."""

    plan = PLAN

    def __init__(self):
        self.statuses = {node.name: LabError("refused") for node in PLAN.with_role("etcd")}
        self.asked = dict.fromkeys(self.statuses, 0)
        self.leaders = []

    def etcd(self, node):
        def request(*_args, **_options):
            self.asked[node] += 1
            status = self.statuses[node]
            if isinstance(status, Exception):
                raise status
            return 200, status

        return SimpleNamespace(request=request)

    def note(self, event):
        assert event.t_s <= time.monotonic()
        self.leaders.append((event.node, event.term))

    def wait_asked(self):
        """Wait until every member was asked twice more: what it statuses now has been judged."""
        wanted = {node: count + 2 for node, count in self.asked.items()}

        def check():
            late = [node for node in wanted if self.asked[node] < wanted[node]]
            return f"{late} were not asked" if late else ""

        wait_until("two more requests", check, 5)


@pytest.fixture
def cluster():
    made = Cluster()
    with LeaderWatch(made, made.note):
        yield made


def leads(term):
    return {"header": {"member_id": "1"}, "leader": "1", "raftTerm": str(term)}


def follows(term):
    return {"header": {"member_id": "1"}, "leader": "2", "raftTerm": str(term)}


def test_a_leader_is_seen_once_a_term(cluster):
    cluster.statuses["etcd-2"] = leads(4)
    cluster.wait_asked()
    cluster.wait_asked()
    assert cluster.leaders == [("etcd-2", 4)]


def test_a_change_of_leader_is_seen(cluster):
    cluster.statuses["etcd-1"] = leads(2)
    cluster.wait_asked()
    cluster.statuses["etcd-1"] = LabError("timed out")
    cluster.statuses["etcd-3"] = leads(3)
    cluster.wait_asked()
    cluster.statuses["etcd-1"] = follows(3)
    cluster.wait_asked()
    assert cluster.leaders == [("etcd-1", 2), ("etcd-3", 3)]


def test_the_same_leader_in_a_new_term_is_seen_again(cluster):
    for term in (2, 5):
        cluster.statuses["etcd-1"] = leads(term)
        cluster.wait_asked()
    assert cluster.leaders == [("etcd-1", 2), ("etcd-1", 5)]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(LabError("refused"), id="refused"),
        pytest.param(follows(2), id="follower"),
        pytest.param({"header": {"member_id": "1"}, "raftTerm": "2"}, id="without a leader"),
        pytest.param({}, id="empty"),
        pytest.param({"leader": "1"}, id="without a header"),
        pytest.param("Internal Server Error", id="text"),
        pytest.param(None, id="null"),
    ],
)
def test_what_is_no_leader_is_not_seen_and_the_watch_goes_on(cluster, answer):
    cluster.statuses["etcd-1"] = answer
    cluster.wait_asked()
    assert cluster.leaders == []
    cluster.statuses["etcd-1"] = leads(7)
    cluster.wait_asked()
    assert cluster.leaders == [("etcd-1", 7)]


def test_a_member_that_hangs_delays_no_other(cluster):
    hung = threading.Event()

    class Hung(dict):
        def __missing__(self, _key):
            hung.wait(5)
            raise KeyError

    cluster.statuses["etcd-1"] = Hung()
    cluster.statuses["etcd-2"] = leads(2)
    wait_until("etcd-2", lambda: "" if cluster.leaders else "nobody leads", 3)
    hung.set()


def test_a_watch_ends_with_its_block():
    made, before = Cluster(), set(threading.enumerate())
    with LeaderWatch(made, made.note):
        made.wait_asked()
    assert set(threading.enumerate()) <= before
