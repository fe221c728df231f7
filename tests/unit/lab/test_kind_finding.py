"""A cluster is found: what its containers, its masters and the balancer of kind answer."""

from __future__ import annotations

import io
import json
import tarfile

import pytest
import requests
import yaml

from lab.errors import LabError
from lab.nodes import KUBELET, SYSTEMD
from lab.runtime.kind.discovery import MANIFESTS
from lab.runtime.kind.finding import find_cluster
from lab.spec import LabSpec

CLUSTER, RANGE = "halab-lab-1a2b3c", "10.83.0.0/21"
SPEC = LabSpec(runtime="kind", etcd=2, masters=2, workers=1)
EXTERNAL = SPEC.model_copy(update={"lb": "external"})
MASTER, SECOND = f"{CLUSTER}-control-plane", f"{CLUSTER}-control-plane2"
WORKER, BALANCER = f"{CLUSTER}-worker", f"{CLUSTER}-external-load-balancer"
ROLES = {
    WORKER: "worker",
    BALANCER: "external-load-balancer",
    SECOND: "control-plane",
    MASTER: "control-plane",
}
ADDRESSES = {host: f"10.83.0.{number}" for number, host in enumerate(ROLES, 2)}


def identity(host):
    return f"id of {host}"


class Engine:
    """The daemon of a cluster. Each master's apiserver has another port in its manifest.

    `stopped`: hosts. `programs`: of kind's balancer. `asked`: (container, what it was asked for).
    """

    def __init__(self):
        self.hosts = list(ROLES)
        self.stopped, self.programs, self.asked = set(), ["haproxy"], []
        self.ready = {MASTER: "True", SECOND: "False", WORKER: "Unknown"}

    def containers(self, *, all, filters):  # noqa: A002 (the SDK's name)
        assert all
        of_cluster = filters == {"label": f"io.x-k8s.kind.cluster={CLUSTER}"}
        return [{"Id": identity(host)} for host in self.hosts] if of_cluster else []

    def inspect_container(self, container):
        host = container.removeprefix("id of ")
        labels = {"io.x-k8s.kind.cluster": CLUSTER, "io.x-k8s.kind.role": ROLES[host]}
        return {
            "Id": container,
            "Name": f"/{host}",
            "Config": {"Labels": labels},
            "State": {"Running": host not in self.stopped},
            "NetworkSettings": {"Networks": {"net": {"IPAddress": ADDRESSES[host]}}},
        }

    def get_archive(self, container, path):
        self.asked.append((container, path))
        argv = ["/usr/local/bin/kube-apiserver", f"--secure-port={len(container)}"]
        pod = {"metadata": {"name": "kube-apiserver"}, "spec": {"containers": [{"command": argv}]}}
        content = yaml.safe_dump(pod).encode()
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            member = tarfile.TarInfo("manifests/kube-apiserver.yaml")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        return iter([buffer.getvalue()[:700], buffer.getvalue()[700:]]), {}

    def exec_create(self, container, argv):
        self.asked.append((container, argv[0]))
        assert "--server=https://127.0.0.1:6443" in argv
        return {"Id": "exec"}

    def exec_start(self, _):
        items = [
            {
                "metadata": {"name": host},
                "spec": {"podCIDRs": [f"10.244.{number}.0/24"]},
                "status": {"conditions": [{"type": "Ready", "status": status}]},
            }
            for number, (host, status) in enumerate(self.ready.items())
        ]
        return json.dumps({"items": items}).encode()

    def exec_inspect(self, _):
        return {"ExitCode": 0}

    def top(self, container, *, ps_args):
        self.asked.append((container, "top"))
        assert ps_args == "-o pid,comm"
        rows = None if self.programs is None else [["17", name] for name in self.programs]
        return {"Titles": ["PID", "COMMAND"], "Processes": rows}


@pytest.fixture
def engine():
    return Engine()


def find(engine, spec=SPEC, cluster=CLUSTER):
    return find_cluster(engine, cluster, spec, RANGE)


def test_nodes_and_their_components_are_as_the_cluster_shows_them(engine):
    found = find(engine).found
    assert [(node.name, node.host, node.more_addresses) for node in found.nodes] == [
        ("master-1", MASTER, ("10.244.0.0/24",)),
        ("master-2", SECOND, ("10.244.1.0/24",)),
        ("worker-1", WORKER, ("10.244.2.0/24",)),
    ]
    ports = {part.node: part.port for part in found.components if part.name == "kube-apiserver"}
    assert ports == {"master-1": len(identity(MASTER)), "master-2": len(identity(SECOND))}


def test_masters_are_asked_and_nobody_else(engine):
    find(engine)
    folders = [(identity(host), MANIFESTS) for host in (MASTER, SECOND)]
    assert engine.asked == [*folders, (identity(MASTER), "kubectl")]


@pytest.mark.parametrize(
    ("stopped", "named"),
    [
        pytest.param([SECOND], SECOND, id="a master"),
        pytest.param([WORKER, MASTER], f"{MASTER}, {WORKER}", id="a master and a worker"),
        pytest.param([BALANCER], BALANCER, id="the balancer"),
        pytest.param(ROLES, f"{MASTER}, {SECOND}, {WORKER}, {BALANCER}", id="everything"),
    ],
)
def test_nodes_that_are_stopped_are_named_masters_first(engine, stopped, named):
    engine.stopped |= set(stopped)
    with pytest.raises(LabError, match=f"cluster {CLUSTER} run: {named} stopped$"):
        find(engine)
    assert engine.asked == []


@pytest.mark.parametrize(
    ("cluster", "hosts"),
    [
        pytest.param("another", list(ROLES), id="another name"),
        pytest.param(CLUSTER, [], id="no containers"),
        pytest.param(CLUSTER, [WORKER, BALANCER], id="no masters"),
    ],
)
def test_no_cluster_is_an_error_that_says_where_clusters_are_listed(engine, cluster, hosts):
    engine.hosts = hosts
    with pytest.raises(LabError, match=f"no cluster {cluster} of kind runs.*kind get clusters"):
        find(engine, cluster=cluster)
    assert engine.asked == []


@pytest.mark.parametrize(
    ("method", "work"),
    [
        ("containers", "looking at the nodes"),
        ("inspect_container", "looking at the nodes"),
        ("get_archive", f"reading {MANIFESTS}"),
        ("exec_create", "looking at the nodes"),
        ("top", f"looking at {BALANCER}"),
    ],
)
def test_a_daemon_that_fails_is_an_error(engine, monkeypatch, method, work):
    def fail(*_, **__):
        raise requests.ConnectionError("it ended")

    monkeypatch.setattr(engine, method, fail)
    with pytest.raises(LabError, match=f"{work}: .*it ended"):
        find(engine, EXTERNAL)


def kept(engine, spec):
    return {node.name: node for node in find(engine, spec).kept_nodes()}


@pytest.mark.parametrize(
    ("programs", "program"),
    [
        pytest.param(["tini", "haproxy", "haproxy"], "haproxy", id="haproxy"),
        pytest.param(["sh", "envoy"], "envoy", id="envoy"),
        pytest.param(["something"], "envoy", id="unknown"),
        pytest.param([], "envoy", id="nothing yet"),
        pytest.param(None, "envoy", id="no list"),
    ],
)
def test_the_program_of_the_balancer_of_kind_is_what_runs_in_it(engine, programs, program):
    engine.programs = programs
    balancer = kept(engine, EXTERNAL)["balancer-1"]
    assert balancer.programs == {"haproxy": {"program": program, "supervisor": ""}}
    assert balancer.container == identity(BALANCER)
    assert (identity(BALANCER), "top") in engine.asked


def test_the_keeper_knows_the_container_the_place_and_the_boot_of_each_node(engine):
    nodes = find(engine, EXTERNAL).kept_nodes()
    hosts = {"master-1": MASTER, "master-2": SECOND, "worker-1": WORKER, "balancer-1": BALANCER}
    assert [node.name for node in nodes] == list(hosts)
    for node in nodes:
        host = hosts[node.name]
        assert (node.container, node.host) == (identity(host), host)
        assert (node.network, node.address) == ("net", ADDRESSES[host])
    assert len({node.boot for node in nodes} - {""}) == len(nodes)


def test_each_node_has_the_programs_of_its_own_components(engine):
    nodes = kept(engine, SPEC)
    supervisors = {"kubelet": SYSTEMD, "kube-proxy": KUBELET, "nginx": KUBELET}
    assert nodes["worker-1"].programs == {
        name: {"program": name, "supervisor": supervisor}
        for name, supervisor in supervisors.items()
    }
    apiserver = {"program": "kube-apiserver", "supervisor": KUBELET}
    assert nodes["master-1"].programs["kube-apiserver"] == apiserver


@pytest.mark.parametrize(
    ("lb", "frontend"),
    [
        ("nginx", ("127.0.0.1", 6443)),
        ("external", (ADDRESSES[BALANCER], 6443)),
        ("none", (ADDRESSES[MASTER], 6443)),
    ],
)
def test_only_workers_have_a_frontend(engine, lb, frontend):
    nodes = kept(engine, SPEC.model_copy(update={"lb": lb}))
    assert nodes.pop("worker-1").frontend == frontend
    assert {node.frontend for node in nodes.values()} == {None}


def test_a_cluster_without_workers_has_its_frontends_on_masters(engine):
    engine.hosts = [SECOND, MASTER]
    spec = LabSpec(runtime="kind", attach=CLUSTER, etcd=2, masters=2, workers=0, lb="none")
    frontends = [node.frontend for node in kept(engine, spec).values()]
    assert frontends == [(ADDRESSES[MASTER], 6443)] * 2


def test_hosts_are_ready_whose_condition_says_so_to_the_first_master(engine):
    finding = find(engine)
    engine.asked.clear()
    assert finding.ready_hosts(engine) == {MASTER}
    engine.ready[WORKER] = "True"
    assert finding.ready_hosts(engine) == {MASTER, WORKER}
    assert engine.asked == [(identity(MASTER), "kubectl")] * 2
