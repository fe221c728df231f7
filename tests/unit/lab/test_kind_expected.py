"""What a cluster of kind will be, and what cannot be one."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from lab.components.lab_plan import plan_lab
from lab.nodes import KUBELET, SYSTEMD
from lab.runtime.kind.expected import expected_cluster
from lab.spec import LabSpec

SPEC = LabSpec(runtime="kind", etcd=3, masters=3, workers=2)


def on(node, spec=SPEC):
    return {part.name: part for part in expected_cluster(spec).components if part.node == node}


def test_masters_have_a_member_of_etcd_and_workers_the_balancer():
    cluster = expected_cluster(SPEC)
    roles = {node.name: set(node.roles) for node in cluster.nodes}
    assert roles == {
        **{f"master-{number}": {"master", "etcd"} for number in (1, 2, 3)},
        **{f"worker-{number}": {"worker"} for number in (1, 2)},
    }
    of_all = {"kubelet", "kube-proxy"}
    of_masters = {"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"}
    assert set(on("master-2")) == of_all | of_masters
    assert set(on("worker-1")) == of_all | {"nginx"}


def test_the_plan_of_a_lab_is_what_is_expected_until_it_is_found():
    plan = plan_lab(SPEC)
    assert plan.nodes == expected_cluster(SPEC).nodes
    assert plan.worker_frontends == dict.fromkeys(("worker-1", "worker-2"), ("127.0.0.1", 6443))
    assert plan.power_agent("master-1") == "host"
    assert plan.agents == (*(node.name for node in plan.nodes), "host")


def test_everything_is_restarted_pods_by_the_kubelet_and_the_kubelet_by_systemd():
    parts = on("master-1")
    assert parts.pop("kubelet").supervisor == SYSTEMD
    assert {part.supervisor for part in parts.values()} == {KUBELET}


def test_only_the_node_itself_reaches_what_kubeadm_binds_to_its_loopback():
    loopback = {name for name, part in on("master-1").items() if part.loopback}
    assert loopback == {"kube-controller-manager", "kube-scheduler"}
    assert on("worker-1")["nginx"].loopback


def test_the_balancer_of_kind_is_a_node_where_clients_use_it():
    spec = SPEC.model_copy(update={"lb": "external"})
    cluster = expected_cluster(spec)
    assert cluster.nodes[-1].name == "balancer-1"
    frontends = plan_lab(spec).frontends("worker-1")
    assert [(part.node, part.port) for part in frontends] == [("balancer-1", 6443)]
    assert "nginx" not in on("worker-1", spec)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"masters": 0, "etcd": 3}, "etcd alone"),
        ({"masters": 3, "etcd": 5}, "an etcd member on every master"),
        ({"kubelets": True}, "real kubelets"),
        ({"lenient_etcd": 1}, "check each change"),
        ({"profile": "brisk"}, "always has TLS"),
        ({"lb": "vip"}, "only nginx, external, none"),
        ({"lb": "haproxy"}, "only nginx, external, none"),
        ({"lb": "external", "masters": 1, "etcd": 1}, "two masters or more"),
        ({"proxy_port": 8443}, "6443"),
    ],
)
def test_what_kind_cannot_make_is_refused_with_the_reason(settings, reason):
    with pytest.raises(ValidationError, match=reason):
        LabSpec(runtime="kind", **settings)


def test_stacked_or_not_the_members_are_on_the_masters():
    assert expected_cluster(SPEC) == expected_cluster(SPEC.model_copy(update={"stacked": True}))


def test_a_cluster_that_exists_is_taken_as_it_is():
    spec = LabSpec(runtime="kind", attach="theirs", etcd=1, masters=1, workers=0, lb="none")
    [node] = expected_cluster(spec).nodes
    assert node.roles == {"master", "etcd", "worker"}
    assert plan_lab(spec).worker_frontends == {"master-1": (node.address, 6443)}
