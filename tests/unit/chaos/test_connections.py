"""The watch over whom components are connected to, and what of it is planned."""

from __future__ import annotations

import contextlib
import threading
from types import SimpleNamespace

import pytest

from chaos.observers import connections
from chaos.observers.connections import ConnectionWatch, looked_at
from lab.components.lab_plan import plan_lab
from lab.errors import LabError
from lab.spec import LabSpec
from reports.history.events import Connections, ConnectionsEnd

PLAN = plan_lab(LabSpec(etcd=1, masters=2, workers=1, kubelets=True))
PLANNED = {"worker-1": ["kubelet", "nginx"]}
OWN = "127.0.0.1:6443"


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(connections, "POLL_S", 0.01)
    monkeypatch.setattr("lab.readiness.POLL_S", 0.01)


class Node:
    """A lab with one node, whose agent answers one after the other; an exception is raised."""

    plan = PLAN

    def __init__(self, *answers):
        self.answers = list(answers)
        self.events = []
        self.all_asked = threading.Event()

    def open_agent(self, _node):
        return contextlib.nullcontext(SimpleNamespace(peers=self.peers))

    def peers(self, names):
        assert names == PLANNED["worker-1"]
        answer = self.answers[0]
        if len(self.answers) > 1:
            self.answers.pop(0)
        else:
            self.all_asked.set()
        if isinstance(answer, Exception):
            raise answer
        return dict(zip(names, answer, strict=True))

    def watched(self):
        with ConnectionWatch(self, PLANNED, self.events.append):
            assert self.all_asked.wait(10)
        return self.events


def states(events, component):
    own = [event for event in events if event.component == component]
    return [(event.runs, event.peers) for event in own if isinstance(event, Connections)]


@pytest.mark.parametrize(
    ("node", "wanted"),
    [
        pytest.param("worker-1", {"kubelet", "kube-proxy", "nginx"}, id="with its proxy"),
        pytest.param(
            "master-1",
            {"kubelet", "kube-proxy", "kube-scheduler", "kube-controller-manager"},
            id="whatever asks its own apiserver",
        ),
        pytest.param("etcd-1", set(), id="nothing that asks an apiserver"),
    ],
)
def test_what_asks_an_apiserver_is_looked_at(node, wanted):
    assert set(looked_at(PLAN, node)) == wanted


@pytest.mark.parametrize(
    ("changes", "node"),
    [
        pytest.param({"kubelets": False}, "worker-1", id="a lab without kubelets"),
        pytest.param({"lb": "external"}, "balancer-1", id="a balancer of its own"),
    ],
)
def test_elsewhere_nothing_is_looked_at(changes, node):
    plan = plan_lab(PLAN.spec.model_copy(update=changes))
    assert looked_at(plan, node) == []


def test_a_state_is_reported_first_and_when_it_changes_with_the_names_of_nodes():
    [master] = [node.address for node in PLAN.nodes if node.name == "master-2"]
    proxy = [f"{master}:6443", "192.0.2.1:1"]
    events = Node(([OWN], proxy), ([OWN], proxy), ([OWN], None), ([], None)).watched()
    assert states(events, "kubelet") == [(True, [OWN]), (True, [])]
    assert states(events, "nginx") == [(True, ["192.0.2.1:1", "master-2:6443"]), (False, [])]


def test_the_end_tells_how_often_it_was_looked():
    events = Node(([OWN], []), ([OWN], [])).watched()
    ends = [event for event in events if isinstance(event, ConnectionsEnd)]
    assert [(end.node, end.component) for end in ends] == [
        ("worker-1", "kubelet"),
        ("worker-1", "nginx"),
    ]
    assert all(end.looks >= 2 and 0 < end.longest_gap_s < 10 for end in ends)


def test_an_agent_that_fails_is_asked_again_and_the_gap_is_kept(monkeypatch):
    monkeypatch.setattr(connections, "POLL_S", 0.1)
    gone = LabError("the agent is gone")
    events = Node(([OWN], []), gone, gone, ([OWN], [])).watched()
    assert states(events, "kubelet") == [(True, [OWN])]
    [gap_s] = {event.longest_gap_s for event in events if isinstance(event, ConnectionsEnd)}
    assert gap_s > 0.2


def test_what_was_never_seen_has_an_end_and_no_state():
    events = Node(LabError("no agent")).watched()
    assert [type(event) for event in events] == [ConnectionsEnd, ConnectionsEnd]
    assert {event.looks for event in events} == {0}
