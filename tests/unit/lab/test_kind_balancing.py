"""How balancers and kube-proxies are prepared while kind joins nodes: with containers made up."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest

from lab.errors import LabError
from lab.runtime.kind import balancing as balancing_module
from lab.runtime.kind import worker_balancers
from lab.runtime.kind.balancing import Balancing
from lab.runtime.kind.discovery import NodeContainer
from lab.spec import LabSpec

KINDS_STEPS = ("Preparing nodes", "Starting control-plane", "Joining more control-plane nodes")


def container(role, number):
    host = f"c-{role}{number}"
    return NodeContainer(host, host, role, number, "net", f"10.0.0.{number}", (), True)


CONTAINERS = [container("control-plane", 1), container("control-plane", 2), container("worker", 3)]


@pytest.fixture
def done(monkeypatch):
    """What is done to which container, in order."""
    done = []
    monkeypatch.setattr(balancing_module, "find_containers", lambda *_: CONTAINERS)
    for name in ("start_balancer", "repoint_proxies", "repoint_kubelet"):

        def note(_client, each, *_arguments, name=name):
            done.append((name, each.host))

        monkeypatch.setattr(worker_balancers, name, note)
    return done


def balancing(tmp_path, **spec):
    settings = {"runtime": "kind", "etcd": 2, "masters": 2, "workers": 1, **spec}
    return Balancing(None, tmp_path / "lab", LabSpec(**settings), "10.0.0.0/16")


STARTED = [("start_balancer", "c-worker3"), ("repoint_proxies", "c-control-plane1")]


def test_balancers_start_once_while_nodes_join(done, tmp_path):
    with balancing(tmp_path).beside_kind() as begun:
        for step in KINDS_STEPS[:-1]:
            begun(step)
        assert done == []
        begun(KINDS_STEPS[-1])
        begun("Joining worker nodes")
    assert done == STARTED


def test_they_start_at_the_end_where_kind_names_its_steps_otherwise(done, tmp_path):
    with balancing(tmp_path).beside_kind():
        pass
    assert done == STARTED


@pytest.mark.parametrize(("lb", "masters"), [("none", 1), ("external", 2)])
def test_nothing_is_led_where_kind_has_done_so(done, tmp_path, lb, masters):
    own = balancing(tmp_path, lb=lb, masters=masters, etcd=masters)
    with own.beside_kind():
        pass
    assert own.after_kind(SimpleNamespace(containers=CONTAINERS, frontend=("h", 1))) == []
    assert done == []


def test_kubelets_of_workers_are_led_when_all_nodes_have_joined(done, tmp_path):
    found = SimpleNamespace(containers=CONTAINERS, frontend=("127.0.0.1", 6443))
    for step in balancing(tmp_path).after_kind(found):
        step()
    assert done == [("repoint_kubelet", "c-worker3")]


def test_what_fails_beside_kind_fails_when_kind_has_ended(done, tmp_path, monkeypatch):
    def fail(*_):
        raise LabError("no balancer")

    monkeypatch.setattr(worker_balancers, "start_balancer", fail)

    def make():
        with balancing(tmp_path).beside_kind() as begun:
            begun(KINDS_STEPS[-1])
            done.append("made")

    with pytest.raises(LabError, match="no balancer"):
        make()
    assert done == ["made"]


def test_when_kind_fails_its_error_counts_and_the_work_beside_it_has_ended(
    done, tmp_path, monkeypatch
):
    released = threading.Event()

    def slow(*_):
        released.wait(5)
        done.append("slow")
        raise LabError("no balancer")

    monkeypatch.setattr(worker_balancers, "start_balancer", slow)

    def make():
        with balancing(tmp_path).beside_kind() as begun:
            begun(KINDS_STEPS[-1])
            threading.Timer(0.1, released.set).start()
            raise LabError("kind create cluster ended with 1")

    with pytest.raises(LabError, match="ended with 1"):
        make()
    assert done == ["slow"]


def test_a_kubelet_that_is_not_led_shows_its_log(done, tmp_path, monkeypatch):
    def fail(*_):
        raise LabError("nothing answers")

    monkeypatch.setattr(worker_balancers, "repoint_kubelet", fail)
    monkeypatch.setattr(balancing_module, "kubelet_log", lambda _, host: [f"kubelet of {host}:"])
    found = SimpleNamespace(containers=CONTAINERS, frontend=("127.0.0.1", 6443))
    [lead] = balancing(tmp_path).after_kind(found)
    with pytest.raises(LabError, match=r"nothing answers\nkubelet of c-worker3:"):
        lead()
    assert done == []
