"""The watch over nodes and leases, on masters that answer as they are told."""

from __future__ import annotations

import itertools
import threading
import time
from types import SimpleNamespace

import pytest

from chaos.observers import cluster
from chaos.observers.cluster import ClusterWatch
from lab.components import plan_lab
from lab.errors import LabError
from lab.readiness import wait_until
from lab.spec import LabSpec
from reports.history.events import Lease

PLAN = plan_lab(LabSpec(etcd=1, masters=2, workers=1, kubelets=True))
TIMEOUT_S = 0.2


class Masters:
    """What each master says: a revision and who holds the leases; None hangs, an error fails."""

    def __init__(self):
        self.plan = PLAN
        self.said = {"master-1": (10, "master-1"), "master-2": (10, "master-1")}
        self.hung = threading.Event()

    def apiserver(self, node):
        return node

    def connection(self, node):
        return SimpleNamespace(get=lambda path, _s: self.get(node, path), close=lambda: None)

    def get(self, node, path):
        said = self.said[node]
        if said is None:
            self.hung.wait(30)
        if not isinstance(said, tuple):
            raise LabError("refused")
        revision, holder = said
        names = self.plan.kubelet_nodes if path == cluster.NODES else observe_names()
        items = [item(name, holder) for name in names]
        return 200, {"metadata": {"resourceVersion": str(revision)}, "items": items}


def observe_names():
    return ("kube-controller-manager", "kube-scheduler")


def item(name, holder):
    renewed = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime())
    return {
        "metadata": {"name": name},
        "spec": {
            "holderIdentity": f"{holder}_uuid",
            "renewTime": renewed,
            "leaseDurationSeconds": 15,
        },
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
    }


@pytest.fixture
def masters(monkeypatch):
    made = Masters()
    monkeypatch.setattr(cluster, "KeptConnections", made.connection)
    monkeypatch.setattr(cluster, "PERIOD_S", 0.05)
    monkeypatch.setattr(cluster, "ASK_TIMEOUT_S", TIMEOUT_S)
    monkeypatch.setattr("lab.readiness.POLL_S", 0.01)
    yield made
    made.hung.set()


@pytest.fixture
def watched(masters):
    samples, events = [], []
    with ClusterWatch(masters, samples.append, events.append) as watch:
        yield SimpleNamespace(watch=watch, samples=samples, events=events, masters=masters)
        masters.hung.set()


def wait_ticks(watched, count):
    """Wait until `count` more observations of a node were written; return them."""
    begun = len(watched.samples)

    def fresh():
        return [one for one in watched.samples[begun:] if one.worker == "worker-1"]

    wait_until(f"{count} observations", lambda: "" if len(fresh()) >= count else "too few", 10)
    return fresh()


def holders(watched):
    return [(e.name, e.holder) for e in watched.events if isinstance(e, Lease)]


def test_every_observation_is_on_the_schedule_from_the_first_on(watched):
    wait_ticks(watched, 5)
    at_s = [one.scheduled_s for one in watched.samples if one.worker == "worker-1"]
    gaps = [later - earlier for earlier, later in itertools.pairwise(at_s)]
    assert gaps == pytest.approx([0.05] * len(gaps))
    assert {one.outcome for one in watched.samples} == {"ok"}
    assert watched.watch.unsettled() == ""


@pytest.mark.parametrize(
    "said", [pytest.param(None, id="hangs"), pytest.param("refused", id="is-refused")]
)
def test_one_master_that_fails_costs_no_observation(watched, said):
    wait_ticks(watched, 1)
    watched.masters.said["master-1"] = said
    wait_ticks(watched, 3)
    assert {one.outcome for one in wait_ticks(watched, 5)} == {"ok"}


def test_when_no_master_answers_nothing_is_known_and_nothing_told(watched):
    wait_ticks(watched, 1)
    told = len(watched.events)
    watched.masters.said = dict.fromkeys(watched.masters.said, "refused")
    wait_ticks(watched, 3)
    assert {one.outcome for one in wait_ticks(watched, 3)} == {"unknown"}
    assert len(watched.events) == told
    assert "node-ready of worker-1: unseen" in watched.watch.unsettled()


def test_a_stale_master_is_not_believed(watched):
    wait_ticks(watched, 1)
    watched.masters.said["master-2"] = (9, "master-2")
    wait_ticks(watched, 5)
    assert {holder for _, holder in holders(watched)} == {"master-1"}


def test_a_new_holder_is_told_once(watched):
    wait_ticks(watched, 2)
    watched.masters.said = dict.fromkeys(watched.masters.said, (11, "master-2"))
    wait_ticks(watched, 6)
    assert holders(watched) == [
        (name, holder) for holder in ("master-1", "master-2") for name in observe_names()
    ]


def test_a_history_that_begins_now_is_told_everything_once_more_and_nothing_older(watched):
    wait_ticks(watched, 2)
    before = len(watched.events)
    since_s = time.monotonic()
    watched.watch.tell_anew(since_s)
    wait_ticks(watched, 4)
    again = watched.events[before:]
    assert len(again) == before
    assert min(one.t_s for one in again) >= since_s


def test_a_lab_without_masters_is_not_watched():
    lab = SimpleNamespace(plan=plan_lab(LabSpec(masters=0)))
    samples = []
    with ClusterWatch(lab, samples.append, samples.append) as watch:
        assert watch.unsettled() == ""
    assert samples == []
