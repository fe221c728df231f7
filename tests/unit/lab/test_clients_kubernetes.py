"""What the API says of nodes and leases, read from answers as it gives them."""

from __future__ import annotations

import pytest

from lab.clients.kubernetes import LeaseState, leaders, ready_nodes, revision


def node(name, *conditions):
    listed = [{"type": kind, "status": status} for kind, status in conditions]
    return {"metadata": {"name": name}, "status": {"conditions": listed} if listed else {}}


def lease(name, **spec):
    return {"metadata": {"name": name}, "spec": {"leaseDurationSeconds": 15, **spec}}


@pytest.mark.parametrize(
    ("conditions", "wanted"),
    [
        pytest.param([("Ready", "True")], True, id="ready"),
        pytest.param([("Ready", "False")], False, id="its-kubelet-says-no"),
        pytest.param([("Ready", "Unknown")], False, id="its-kubelet-is-silent"),
        pytest.param([("DiskPressure", "True")], False, id="another-condition"),
        pytest.param([], False, id="no-status-yet"),
    ],
)
def test_a_node_is_ready_when_its_condition_is_true(conditions, wanted):
    assert ready_nodes({"items": [node("worker-1", *conditions)]}, {}) == {"worker-1": wanted}


def test_the_leaders_are_the_hosts_in_the_holders_identities():
    answer = {
        "metadata": {"resourceVersion": "231"},
        "items": [
            lease("apiserver-x", holderIdentity="x_1", renewTime="2026-01-01T00:00:00Z"),
            lease(
                "kube-scheduler",
                holderIdentity="master-2_86a1a871-64d7",
                renewTime="2026-01-01T00:00:01.500000Z",
            ),
            lease("kube-controller-manager", holderIdentity=""),
        ],
    }
    assert leaders(answer, {}) == {"kube-scheduler": LeaseState("master-2", 1767225601.5, 15.0)}
    assert revision(answer) == 231


@pytest.mark.parametrize(
    ("holder", "age_s", "wanted"),
    [
        pytest.param("master-1", 15.0, True, id="renewed-within-its-duration"),
        pytest.param("master-1", 15.1, False, id="not-renewed"),
        pytest.param("", 1.0, False, id="given-up"),
    ],
)
def test_a_lease_is_held(holder, age_s, wanted):
    assert LeaseState(holder, 1000.0, 15.0).held(1000.0 + age_s) is wanted
