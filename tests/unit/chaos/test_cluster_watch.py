"""The watch over nodes and leases, on masters whose answers are set here."""

from __future__ import annotations

import itertools
import threading
import time
from types import SimpleNamespace

import pytest

from chaos.observers import cluster
from chaos.observers.cluster import ClusterWatch
from lab.components.lab_plan import plan_lab
from lab.errors import LabError
from lab.readiness import wait_until
from lab.spec import LabSpec
from reports.history.events import Lease
from reports.locale.catalogue import text_of

PLAN = plan_lab(LabSpec(etcd=1, masters=2, workers=1, kubelets=True))
TIMEOUT_S = 0.2


class Masters:
    """What masters answer: a revision and who holds the leases; None hangs, "refused" fails."""

    def __init__(self):
        self.plan = PLAN
        self.answers = {"master-1": (10, "master-1"), "master-2": (10, "master-1")}
        self.hung = threading.Event()

    def apiserver(self, node):
        return node

    def connection(self, node):
        return SimpleNamespace(get=lambda path, _s: self.get(node, path), close=lambda: None)

    def get(self, node, path):
        answer = self.answers[node]
        if answer is None:
            self.hung.wait(30)
        if not isinstance(answer, tuple):
            raise LabError("refused")
        revision, holder = answer
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
        return [sample for sample in watched.samples[begun:] if sample.worker == "worker-1"]

    wait_until(f"{count} observations", lambda: "" if len(fresh()) >= count else "too few", 10)
    return fresh()


def holders(watched):
    return [(event.name, event.holder) for event in watched.events if isinstance(event, Lease)]


def test_every_observation_is_on_the_schedule_from_the_first_on(watched):
    wait_ticks(watched, 5)
    at_s = [sample.scheduled_s for sample in watched.samples if sample.worker == "worker-1"]
    gaps = [later - earlier for earlier, later in itertools.pairwise(at_s)]
    assert gaps == pytest.approx([0.05] * len(gaps))
    assert {sample.outcome for sample in watched.samples} == {"ok"}
    assert watched.watch.unsettled() is None


@pytest.mark.parametrize(
    "answer", [pytest.param(None, id="hangs"), pytest.param("refused", id="is-refused")]
)
def test_one_master_that_fails_costs_no_observation(watched, answer):
    wait_ticks(watched, 1)
    watched.masters.answers["master-1"] = answer
    wait_ticks(watched, 3)
    assert {sample.outcome for sample in wait_ticks(watched, 5)} == {"ok"}


def test_when_no_master_answers_nothing_is_known_and_nothing_told(watched):
    wait_ticks(watched, 1)
    reported = len(watched.events)
    watched.masters.answers = dict.fromkeys(watched.masters.answers, "refused")
    wait_ticks(watched, 3)
    assert {sample.outcome for sample in wait_ticks(watched, 3)} == {"unknown"}
    assert len(watched.events) == reported
    assert "node-ready of worker-1: unseen" in text_of(watched.watch.unsettled(), "en")


def test_a_stale_master_is_not_believed(watched):
    wait_ticks(watched, 1)
    watched.masters.answers["master-2"] = (9, "master-2")
    wait_ticks(watched, 5)
    assert {holder for _, holder in holders(watched)} == {"master-1"}


def test_a_new_holder_is_told_once(watched):
    wait_ticks(watched, 2)
    watched.masters.answers = dict.fromkeys(watched.masters.answers, (11, "master-2"))
    wait_ticks(watched, 6)
    assert holders(watched) == [
        (name, holder) for holder in ("master-1", "master-2") for name in observe_names()
    ]


def test_a_history_that_begins_now_is_told_everything_once_more_and_nothing_older(watched):
    wait_ticks(watched, 2)
    before = len(watched.events)
    since_s = time.monotonic()
    watched.watch.report_states_again(since_s)
    wait_ticks(watched, 4)
    again = watched.events[before:]
    assert len(again) == before
    assert min(event.t_s for event in again) >= since_s


def test_a_lab_without_masters_is_not_watched():
    lab = SimpleNamespace(plan=plan_lab(LabSpec(masters=0)))
    samples = []
    with ClusterWatch(lab, samples.append, samples.append) as watch:
        assert watch.unsettled() is None
    assert samples == []
