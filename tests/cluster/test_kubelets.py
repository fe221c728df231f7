"""Real kubelets and kube-proxies, hollow where they meet the host: whom they ask, who leads."""

from __future__ import annotations

import re
import time

import pytest
from home_of_labs import Home

from chaos.observers.cluster import ClusterWatch
from lab.clients.kubernetes import LEASED_COMPONENTS, NODES
from lab.health import lab_problem, lease_holder
from lab.readiness import wait_until
from reports.locale.catalogue import text_of

# lease_duration + 4.4 * retry_period, as experiments/kubelets.yaml derives it, and some more
TAKEN_OVER_S = 30
SCHEDULER = "kube-scheduler"


@pytest.fixture(scope="module")
def home_of_kubelets(tmp_path_factory):
    made = Home(tmp_path_factory.mktemp("kubelets"))
    made.halab("up", "kub", "--etcd=1", "--masters=2", "--workers=1", "--kubelets")
    yield made
    made.halab("down", "kub")
    made.wait_empty()


@pytest.fixture
def lab(home_of_kubelets):
    attached = home_of_kubelets.attach("kub")
    yield attached
    home_of_kubelets.halab("heal")
    wait_until("the lab to be healthy", lambda: lab_problem(attached), 30)
    attached.close()


def unsettled(watch):
    evidence = watch.unsettled()
    return text_of(evidence, "en") if evidence else ""


@pytest.fixture
def watch(lab):
    with ClusterWatch(lab, lambda _sample: None, lambda _event: None) as watching:
        wait_until("nodes and leases as they should be", lambda: unsettled(watching), 30)
        yield watching


def servers(lab, node):
    """Return (kubelet or kube-proxy, server) of every connection of the two on a node."""
    channel = lab.agent(node).stream(["ss", "-tnpH", "state", "established"]).channel
    with channel, channel.makefile("r") as lines:
        rows = [line.split() for line in lines]
    names = {"kubelet": "kubelet", "kubemark": "kube-proxy"}
    programs = [(row[3], re.search(r'"(kubelet|kubemark)"', row[-1])) for row in rows]
    return {(names[found[1]], peer) for peer, found in programs if found}


def test_a_node_is_what_the_lab_made(lab):
    _, answer = lab.apiserver("master-1").request("GET", NODES)
    addresses = {
        node["metadata"]["name"]: node["status"]["addresses"][0]["address"]
        for node in answer["items"]
    }
    assert addresses == {name: lab.plan.node(name).address for name in lab.plan.kubelet_nodes}


def test_the_controllers_may_write_what_they_find_out_of_a_node(lab):
    # a node registers with this taint, and only the node lifecycle controller takes it off; one
    # that may not would never mark a silent node as not Ready either
    def tainted():
        _, answer = lab.apiserver("master-1").request("GET", NODES)
        return ", ".join(
            node["metadata"]["name"]
            for node in answer["items"]
            for taint in node["spec"].get("taints", [])
            if taint["key"] == "node.kubernetes.io/not-ready"
        )

    wait_until("the nodes to be without the taint of their first moments", tainted, 20)


@pytest.mark.parametrize(
    ("node", "server"),
    [
        pytest.param("worker-1", "127.0.0.1:6443", id="a-worker-asks-its-proxy"),
        pytest.param("master-2", "127.0.0.1:6443", id="a-master-asks-its-own-apiserver"),
    ],
)
def test_whom_kubelet_and_kube_proxy_ask(lab, node, server):
    assert servers(lab, node) == {("kubelet", server), ("kube-proxy", server)}


def test_a_kubelet_may_change_its_own_node_only(lab):
    own, other = (
        lab.apiserver("master-1", "kubelet").request(
            "PATCH",
            f"{NODES}/{name}",
            {"metadata": {"annotations": {"halab": "x"}}},
            content_type="application/merge-patch+json",
        )
        for name in ("master-1", "worker-1")
    )
    assert (own[0], other[0]) == (200, 403)


def test_another_scheduler_leads_when_the_apiserver_of_the_leading_one_dies(
    home_of_kubelets, lab, watch
):
    before = lease_holder(lab, SCHEDULER)
    home_of_kubelets.halab("kill", f"master:leading({SCHEDULER})")
    assert not lab.agent(before).components()["kube-apiserver"].alive

    def taken_over():
        return "" if lease_holder(lab, SCHEDULER) != before else f"{before} still holds it"

    # two to three renewals are missed before anyone else may have it
    assert wait_until("another scheduler to lead", taken_over, TAKEN_OVER_S) > 8
    other = ({"master-1", "master-2"} - {before}).pop()
    assert lease_holder(lab, SCHEDULER) == other
    assert "node-ready" not in unsettled(watch)


def test_without_etcd_nothing_is_known_rather_than_something_stale(home_of_kubelets, lab, watch):
    home_of_kubelets.halab("kill", "etcd-1")

    def unseen():
        evidence = unsettled(watch)
        states = len(lab.plan.kubelet_nodes) + len(LEASED_COMPONENTS)
        return "" if evidence.count("unseen") == states else evidence

    wait_until("nothing to be known", unseen, 5)
    time.sleep(1)
    assert unseen() == ""
