"""What nodes and leases look like as samples and events, from answers as masters give them."""

from __future__ import annotations

import pytest

from chaos.observers.states import (
    ASK_TIMEOUT_S,
    Answer,
    answer_from,
    facts_of,
    newest,
    samples_of,
    state_series,
)
from lab.clients.kubernetes import LeaseState
from lab.components.lab_plan import plan_lab
from lab.spec import LabSpec
from reports.history import events

PLAN = plan_lab(LabSpec(etcd=1, masters=1, workers=1, kubelets=True))
WITHOUT = plan_lab(LabSpec(etcd=1, masters=1, workers=1))
WALL_S = 1000.0


def answer(revision=7, master="master-1", leases=None, ready=None):
    fresh = {name: LeaseState("master-1", WALL_S - 1, 15.0) for name in ("kube-scheduler",)}
    nodes = {"master-1": True, "worker-1": True}
    given = (fresh if leases is None else leases, nodes if ready is None else ready)
    return Answer(master, 5.01, 5.02, WALL_S, revision, *given)


def outcomes(given, plan=PLAN):
    samples = samples_of(plan, 5.0, given)
    return {(sample.probe, sample.worker): (sample.outcome, sample.error) for sample in samples}


def test_a_lab_has_the_series_that_it_can_have():
    about = {series.probe: series.workers for series in state_series(PLAN)}
    assert about == {
        "lease-kube-controller-manager": ["cluster"],
        "lease-kube-scheduler": ["cluster"],
        "node-ready": ["master-1", "worker-1"],
    }
    assert {series.probe for series in state_series(WITHOUT)} == set(about) - {"node-ready"}
    assert state_series(plan_lab(LabSpec(masters=0))) == []


def test_in_a_cluster_that_was_found_members_and_apiservers_are_asked_for_their_health():
    found = plan_lab(LabSpec(runtime="kind", etcd=3, masters=3, workers=2))
    masters = ["master-1", "master-2", "master-3"]
    about = {series.probe: series.workers for series in state_series(found)}
    assert about["member-health"] == about["apiserver-ready"] == masters


@pytest.mark.parametrize(
    ("age_s", "holder", "wanted"),
    [
        pytest.param(1, "master-1", ("ok", ""), id="renewed-lately"),
        pytest.param(16, "master-1", ("fail", "expired"), id="not-renewed-within-its-duration"),
        pytest.param(1, "", ("fail", "expired"), id="given-up-by-its-holder"),
    ],
)
def test_a_lease_is_good_while_it_is_held(age_s, holder, wanted):
    given = answer(leases={"kube-scheduler": LeaseState(holder, WALL_S - age_s, 15.0)})
    states = outcomes(given)
    assert states["lease-kube-scheduler", "cluster"] == wanted
    assert states["lease-kube-controller-manager", "cluster"] == ("fail", "missing")


def test_a_node_is_good_while_it_is_ready():
    states = outcomes(answer(ready={"master-1": False}))
    assert states["node-ready", "master-1"] == ("fail", "not-ready")
    assert states["node-ready", "worker-1"] == ("fail", "missing")
    assert outcomes(answer())["node-ready", "worker-1"] == ("ok", "")


def test_without_an_answer_nobody_knows():
    assert set(outcomes(None).values()) == {("unknown", "unseen")}
    assert {sample.ended_s for sample in samples_of(PLAN, 5.0, None)} == {5.0 + ASK_TIMEOUT_S}


def test_a_sample_says_who_holds_the_lease_and_when_the_answer_came():
    samples = {sample.probe: sample for sample in samples_of(PLAN, 5.0, answer(master="master-9"))}
    assert samples["lease-kube-scheduler"].master == "master-1"
    assert samples["node-ready"].master == "master-9"
    ready = samples["node-ready"]
    assert (ready.scheduled_s, ready.started_s, ready.ended_s) == (5.0, 5.01, 5.02)


def test_the_newest_answer_wins_whoever_gave_it():
    old, new = answer(revision=7), answer(revision=8, master="master-2")
    assert newest([new, None, old]) is new
    assert newest([None, None]) is None


def test_an_answer_is_as_new_as_its_older_list():
    def listed(at):
        return {"metadata": {"resourceVersion": str(at)}, "items": []}

    lists = {"leases": listed(12), "nodes": listed(9)}
    assert answer_from("master-1", (1.0, 2.0, 3.0), lists, {}).revision == 9


def test_events_tell_who_holds_and_who_is_ready():
    assert facts_of(answer()) == {
        ("lease", "kube-scheduler"): events.Lease(5.02, "kube-scheduler", "master-1"),
        ("node", "master-1"): events.NodeReady(5.02, "master-1", True),
        ("node", "worker-1"): events.NodeReady(5.02, "worker-1", True),
    }
