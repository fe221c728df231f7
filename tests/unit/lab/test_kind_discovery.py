"""A cluster as its containers and manifests show it."""

from __future__ import annotations

import io
import json
import tarfile

import pytest

from lab.errors import LabError
from lab.runtime.kind.discovery import cluster_of, containers_in, manifests_in, pod_ranges_in
from lab.spec import LabSpec

CLUSTER = "halab-lab-1a2b3c"
SPEC = LabSpec(runtime="kind", etcd=3, masters=3, workers=2)
APISERVER = ["kube-apiserver", "--advertise-address=10.83.0.5", "--secure-port=6443"]
SCHEDULER = ["kube-scheduler", "--bind-address=127.0.0.1", "--leader-elect=true"]


def container(name, role, address, running=True, networks=1, ipv6=""):
    attached = {"IPAddress": address, "GlobalIPv6Address": ipv6}
    return {
        "Id": f"id of {name}",
        "Name": f"/{CLUSTER}-{name}",
        "Config": {
            "Labels": {"io.x-k8s.kind.cluster": CLUSTER, "io.x-k8s.kind.role": role},
        },
        "State": {"Running": running},
        "NetworkSettings": {
            "Networks": {f"network {place}": attached for place in range(networks)},
        },
    }


# As the engine lists them: in no order.
INSPECTED = [
    container("worker2", "worker", "10.83.0.7"),
    container("control-plane3", "control-plane", "10.83.0.2"),
    container("external-load-balancer", "external-load-balancer", "10.83.0.3"),
    container("worker", "worker", "10.83.0.6"),
    container("control-plane", "control-plane", "10.83.0.5"),
    container("control-plane2", "control-plane", "10.83.0.4"),
]


def found(spec=SPEC, manifests=None, pods=None):
    return cluster_of(spec, containers_in(INSPECTED), manifests or {}, pods or {})


def test_nodes_have_our_names_in_the_order_of_kind_with_their_hosts_and_addresses():
    assert [(node.name, node.host, node.address) for node in found().nodes] == [
        ("master-1", f"{CLUSTER}-control-plane", "10.83.0.5"),
        ("master-2", f"{CLUSTER}-control-plane2", "10.83.0.4"),
        ("master-3", f"{CLUSTER}-control-plane3", "10.83.0.2"),
        ("worker-1", f"{CLUSTER}-worker", "10.83.0.6"),
        ("worker-2", f"{CLUSTER}-worker2", "10.83.0.7"),
    ]


def test_the_balancer_of_kind_is_found_where_clients_use_it():
    spec = SPEC.model_copy(update={"lb": "external"})
    assert found(spec).nodes[-1].address == "10.83.0.3"


def test_ten_nodes_are_in_the_order_of_their_numbers():
    names = ["worker", *(f"worker{number}" for number in range(2, 11))]
    inspected = [container(name, "worker", "10.83.0.2") for name in sorted(names)]
    hosts = [each.host for each in containers_in(inspected)]
    assert hosts == [f"{CLUSTER}-{name}" for name in names]


def test_further_addresses_are_kept():
    inspected = [container("control-plane", "control-plane", "10.83.0.2", ipv6="fc00::2")]
    assert containers_in(inspected)[0].more_addresses == ("fc00::2",)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (container("control-plane", "control-plane", "x", networks=2), "in 2 networks"),
        (container("control-plane", "control-plane", "x", networks=0), "in 0 networks"),
        (container("mine", "worker", "x"), "no node as kind makes them"),
        (container("worker", "another", "x"), "no node as kind makes them"),
    ],
)
def test_what_is_no_node_of_kind_is_an_error(answer, reason):
    with pytest.raises(LabError, match=reason):
        containers_in([answer])


def archive(files):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


def test_the_ranges_of_pods_are_further_addresses_of_their_nodes():
    items = [
        {"metadata": {"name": f"{CLUSTER}-worker"}, "spec": {"podCIDRs": ["10.244.1.0/24"]}},
        {"metadata": {"name": f"{CLUSTER}-worker2"}, "spec": {}},
    ]
    pods = pod_ranges_in(json.dumps({"items": items}))
    further = {node.name: node.more_addresses for node in found(pods=pods).nodes}
    assert further["worker-1"] == ("10.244.1.0/24",)
    assert further["worker-2"] == further["master-1"] == ()


POD = """\
apiVersion: v1
kind: Pod
metadata: {name: kube-scheduler, namespace: kube-system}
spec:
  containers:
  - command: [kube-scheduler, --bind-address=127.0.0.1]
    name: kube-scheduler
"""


def test_static_pods_are_read_from_the_folder_of_manifests():
    packed = archive({"manifests/kube-scheduler.yaml": POD, "manifests/.kubelet-keep": ""})
    expected = {"kube-scheduler": ["kube-scheduler", "--bind-address=127.0.0.1"]}
    assert manifests_in(packed) == expected


def test_components_have_the_commands_ports_and_addresses_of_their_pods():
    manifests = {
        f"{CLUSTER}-control-plane2": {
            "kube-apiserver": [*APISERVER[:2], "--secure-port=7443"],
            "kube-scheduler": ["kube-scheduler", "--bind-address=0.0.0.0"],
        }
    }
    parts = {(c.name, c.node): c for c in found(manifests=manifests).components}
    assert parts["kube-apiserver", "master-2"].port == 7443
    assert parts["kube-apiserver", "master-1"].port == 6443
    assert not parts["kube-scheduler", "master-2"].loopback
    assert parts["kube-scheduler", "master-1"].loopback
    assert parts["kube-scheduler", "master-2"].argv == ("kube-scheduler", "--bind-address=0.0.0.0")
