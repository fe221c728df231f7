"""Real kubelets and kube-proxies, hollow where they meet the host: whom they ask, who leads."""

from __future__ import annotations

import time

import pytest
from home_of_labs import Home

from chaos.observers.cluster import ClusterWatch
from chaos.observers.connections import ConnectionWatch, looked_at
from lab.clients.kubernetes import LEASED_COMPONENTS, NODES
from lab.health import lab_problem, lease_holder
from lab.readiness import wait_until
from reports.history.events import Connections
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


def test_whom_the_components_of_nodes_ask_is_seen_from_their_sockets(lab):
    events = []
    names = {node.name: looked_at(lab.plan, node.name) for node in lab.plan.nodes}
    planned = {node: components for node, components in names.items() if components}
    with ConnectionWatch(lab, planned, events.append):
        wait_until("a look at every node", lambda: "" if len(events) >= 11 else "not yet", 10)
    seen = {
        (event.node, event.component): event.peers
        for event in events
        if isinstance(event, Connections)
    }
    proxies = {key: peers for key, peers in seen.items() if key[1] == "nginx"}
    [masters] = proxies.values()  # those that it has sent the two clients to
    assert set(masters) in (
        {"master-1:6443"},
        {"master-2:6443"},
        {"master-1:6443", "master-2:6443"},
    )
    # a worker asks its proxy, a master its own apiserver
    clients = {key: peers for key, peers in seen.items() if key not in proxies}
    assert {tuple(peers) for peers in clients.values()} == {("127.0.0.1:6443",)}
    assert len(clients) == 2 + 2 * 4


def test_what_is_wired_to_a_master_does_not_go_unseen(lab):
    master = lab.plan.node("master-1").address
    wired = f"import socket, time; s = socket.create_connection(({master!r}, 6443)); time.sleep(60)"
    agent = lab.agent("worker-1")
    agent.start("astray", [lab.python, "-c", wired], restart=False)
    try:
        wait_until("it to connect", lambda: "" if agent.peers(["astray"])["astray"] else "no", 10)
        assert agent.peers(["astray"]) == {"astray": [f"{master}:6443"]}
    finally:
        agent.signal("astray", "KILL")


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
