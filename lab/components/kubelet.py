"""Kubelet and kube-proxy of one node, as kubemark's hollow node.

Their side of the API is the real one: kubelet's and kube-proxy's own code on client-go. What they
steer is not: the container runtime, the images, cAdvisor and the packet rules are fakes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.components.control_plane import OWN_APISERVER, kubeconfig
from lab.plan import Component

if TYPE_CHECKING:
    from lab.plan import LabPlan, Node

KUBELET_PORT = 10250


def server_of(node: Node, plan: LabPlan) -> str:
    """Return the apiserver of a node's kubelet: a master's own, a worker's through its proxy."""
    if "master" in node.roles:
        return OWN_APISERVER
    host, port = plan.frontend(node.name)
    return f"https://{host}:{port}"


def hollow_node(node: Node, server: str) -> list[Component]:
    """Return the kubelet and the kube-proxy of a node that reach the API at `server`."""
    kubelet = Component(
        "kubelet",
        node.name,
        (
            "kubemark",
            "--morph=kubelet",
            f"--name={node.name}",
            "--kubeconfig=kubelet.conf",
            f"--kubelet-port={KUBELET_PORT}",
            "--kubelet-read-only-port=0",
            # its default dials a containerd
            "--use-host-image-service=false",
        ),
        KUBELET_PORT,
        tls=False,
        restart=True,
        # its root directory and its runtime's socket are in /tmp, whatever TMPDIR says
        private_tmp=True,
        files={"kubelet.conf": kubeconfig("kubelet", server)},
    )
    proxy = Component(
        "kube-proxy",
        node.name,
        (
            "kubemark",
            "--morph=proxy",
            f"--name={node.name}",
            "--kubeconfig=kube-proxy.conf",
        ),
        0,
        tls=False,
        restart=True,
        files={"kube-proxy.conf": kubeconfig("kube-proxy", server)},
    )
    return [kubelet, proxy]
