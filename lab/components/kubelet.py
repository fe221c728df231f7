"""Kubelet and kube-proxy of a node, as kubemark's hollow node.

Towards the API they are real: kubelet's and kube-proxy's own code on client-go. Towards the node
they are not: the container runtime, the images, cAdvisor and the packet rules are fakes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lab.components.control_plane import OWN_APISERVER, kubeconfig
from lab.nodes import AGENT, Component

if TYPE_CHECKING:
    from lab.nodes import Node
    from lab.plan import LabPlan

KUBELET_PORT = 10250


def server_of(node: Node, plan: LabPlan) -> str:
    """Return the apiserver of a node's kubelet: a master's own, a worker's through its proxy."""
    if "master" in node.roles:
        return OWN_APISERVER
    host, port = plan.frontend(node.name)
    return f"https://{host}:{port}"


def hollow_node(node: Node, server: str) -> list[Component]:
    """Return the kubelet and the kube-proxy of a node that reach the API at `server`."""
    flags = (
        f"--kubelet-port={KUBELET_PORT}",
        "--kubelet-read-only-port=0",
        # its default dials a containerd
        "--use-host-image-service=false",
    )
    kubelet = _hollow("kubelet", "kubelet", node, server, KUBELET_PORT, 75, flags)
    # its root directory and its runtime's socket are in /tmp, whatever TMPDIR says
    kubelet = replace(kubelet, private_tmp=True)
    return [kubelet, _hollow("kube-proxy", "proxy", node, server, 0, 60)]


def _hollow(
    name: str,
    morph: str,
    node: Node,
    server: str,
    port: int,
    memory_mib: int,
    flags: tuple[str, ...] = (),
) -> Component:
    config = f"{name}.conf"
    argv = ("kubemark", f"--morph={morph}", f"--name={node.name}", f"--kubeconfig={config}", *flags)
    files = {config: kubeconfig(name, server)}
    return Component(
        name, node.name, argv, port, memory_mib, tls=False, late=True, supervisor=AGENT, files=files
    )
