"""Kubelets and kube-proxies in a lab: where they run, whom they ask, as whom."""

from __future__ import annotations

import pytest
import yaml
from cryptography import x509
from cryptography.x509.oid import NameOID
from pydantic import ValidationError

from lab.components.lab_plan import plan_lab
from lab.pki import node_files
from lab.spec import LabSpec

PLAN = plan_lab(LabSpec(etcd=1, masters=2, workers=2, proxy_port=443, kubelets=True))
NODES = ("master-1", "master-2", "worker-1", "worker-2")


def server(node, component):
    name = "kubelet.conf" if component == "kubelet" else "kube-proxy.conf"
    conf = yaml.safe_load(PLAN.component(component, node).files[name])
    return conf["clusters"][0]["cluster"]["server"]


def subject(files, name):
    certificate = x509.load_pem_x509_certificate(files[f"pki/{name}.crt"])
    kinds = (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)
    return [
        part.value for kind in kinds for part in certificate.subject.get_attributes_for_oid(kind)
    ]


def test_a_lab_has_no_kubelet_unless_it_is_asked_for():
    assert plan_lab(LabSpec()).kubelet_nodes == ()


def test_every_master_and_worker_runs_both_and_etcd_alone_neither():
    assert PLAN.kubelet_nodes == NODES
    proxies = tuple(part.node for part in PLAN.components if part.name == "kube-proxy")
    assert proxies == NODES


@pytest.mark.parametrize("component", ["kubelet", "kube-proxy"])
@pytest.mark.parametrize(
    ("node", "wanted"),
    [
        pytest.param("master-2", "https://127.0.0.1:6443", id="a-master-asks-its-own-apiserver"),
        pytest.param("worker-1", "https://127.0.0.1:443", id="a-worker-asks-its-proxy"),
    ],
)
def test_who_is_asked(node, component, wanted):
    assert server(node, component) == wanted


def test_a_kubelet_is_its_node_to_the_authorizer_and_a_proxy_is_one_user():
    files = node_files(PLAN)
    for node in NODES:
        assert subject(files[node], "kubelet") == [f"system:node:{node}", "system:nodes"]
        assert subject(files[node], "kube-proxy") == ["system:kube-proxy"]
    assert "pki/kubelet.crt" not in files["etcd-1"]


def test_a_lab_without_kubelets_has_no_certificate_for_them():
    files = node_files(plan_lab(LabSpec(etcd=1, masters=1, workers=1)))
    assert not any("pki/kubelet.crt" in paths for paths in files.values())


def test_kubelets_without_masters_are_refused():
    with pytest.raises(ValidationError, match="need masters"):
        LabSpec(masters=0, kubelets=True)


@pytest.mark.parametrize(
    ("profile", "grace"),
    [
        pytest.param("upstream", "50s", id="kubernetes-since-1-32"),
        pytest.param("kubespray", "40s", id="kubespray"),
    ],
)
def test_the_profile_says_when_a_silent_node_is_not_ready(profile, grace):
    plan = plan_lab(LabSpec(profile=profile))
    argv = plan.component("kube-controller-manager", "master-1").argv
    assert f"--node-monitor-grace-period={grace}" in argv
