"""Whose certificate a server shows: its subject's name, or a node that one of its names is of."""

from __future__ import annotations

import pytest

from chaos.probes.prober.connection import ConnectionTarget, names_in

# as ssl describes them: one of a planned lab, one of kubeadm's
PLANNED = {
    "subject": ((("commonName", "master-2"),),),
    "subjectAltName": (("IP Address", "10.83.2.2"), ("DNS", "kubernetes")),
}
KUBEADM = {
    "subject": ((("commonName", "kube-apiserver"),),),
    "subjectAltName": (("DNS", "kubernetes"), ("DNS", "c-control-plane2"), ("DNS", "localhost")),
}
NODES = {"c-control-plane": "master-1", "c-control-plane2": "master-2"}


class Connection:
    def __init__(self, described):
        self.described = described

    def getpeercert(self, binary_form=False):
        return repr(self.described).encode() if binary_form else self.described


@pytest.mark.parametrize(
    ("described", "masters", "wanted"),
    [
        pytest.param(PLANNED, {}, "master-2", id="the subject"),
        pytest.param(PLANNED, {"master-2": "master-2"}, "master-2", id="the subject, a node"),
        pytest.param(KUBEADM, NODES, "master-2", id="a further name"),
        pytest.param(KUBEADM, {}, "kube-apiserver", id="no name of a node is known"),
        pytest.param({}, NODES, "", id="no names"),
        pytest.param(None, NODES, "", id="no certificate"),
    ],
)
def test_a_certificate_is_of_a_node(described, masters, wanted):
    config = {"host": "", "port": 1, "authority": "", "tls": None, "masters": masters}
    assert ConnectionTarget(config).master(Connection(described)) == wanted


def test_the_names_of_a_certificate_are_its_subjects_and_its_servers():
    names = ["kube-apiserver", "kubernetes", "c-control-plane2", "localhost"]
    assert names_in(KUBEADM) == names
