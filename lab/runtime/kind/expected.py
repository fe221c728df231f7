"""What a cluster made by kind will be found to be: kubeadm's components, before it exists. Pure.

Ports and addresses: kubeadm's defaults (cmd/kubeadm/app/constants/constants.go); its etcd serves
clients at the node's address and at 127.0.0.1, controller manager and scheduler at 127.0.0.1 only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.balancers.registry import balancer_of
from lab.found import POWER_AGENT, FoundCluster
from lab.nodes import (
    APISERVER_PORT,
    BALANCER_BLOCK,
    DEFAULT_NETWORK,
    ETCD_CLIENT_PORT,
    KUBELET,
    SYSTEMD,
    Component,
    Node,
    address_of,
)
from lab.runtime.kind.names import BALANCER, CONTROL_PLANE, ROLES, WORKER, node_name

if TYPE_CHECKING:
    from lab.runtime.request import ClusterRequest

# Of addresses, until the cluster is there: masters, workers, balancers.
BLOCKS = (2, 3, BALANCER_BLOCK)
# How an agent beside a node runs a command in the files of the node.
IN_NODE = ("chroot", "/proc/1/root")
KUBELET_PORT, PROXY_HEALTH_PORT = 10250, 10256
# Modes of balancing. nginx: as a static pod on every worker, where kubespray has it; external:
# kind's own balancer, which it makes as soon as there are two masters; none: the first master.
NGINX, EXTERNAL, NONE = "nginx", "external", "none"
MODES = (NGINX, EXTERNAL, NONE)


def expected_cluster(request: ClusterRequest) -> FoundCluster:
    """Return the cluster of a request; its addresses and hosts are known when it is there.

    Raises ValueError for a lab that kind cannot make.
    """
    if not request.attach and (reason := why_impossible(request)):
        raise ValueError(f"--runtime kind: {reason}; nothing was started")
    counts = {
        CONTROL_PLANE: request.masters,
        WORKER: request.workers,
        BALANCER: 1 if request.lb == EXTERNAL else 0,
    }
    nodes = tuple(
        Node(node_name(role, place), address_of(DEFAULT_NETWORK, block, place), roles)
        for block, (role, count) in zip(BLOCKS, counts.items(), strict=True)
        for roles in [roles_of(role, request)]
        for place in range(1, count + 1)
    )
    components = [part for node in nodes for part in components_on(node, request)]
    return FoundCluster(nodes, tuple(components), POWER_AGENT)


def why_impossible(request: ClusterRequest) -> str:
    """Return why kind cannot make such a lab, "" when it can."""
    if request.masters < 1:
        return "its clusters have masters; etcd alone is made with netns or docker"
    if request.etcd != request.masters:
        return (
            f"kubeadm puts an etcd member on every master, so {request.etcd} members with "
            f"{request.masters} masters cannot be had: give both the same number"
        )
    if request.kubelets:
        return (
            "its nodes have real kubelets, always; hollow ones (--kubelets) cannot be had besides"
        )
    if request.lenient_etcd:
        return "etcd's members are kubeadm's, and check each change of membership"
    if not request.timeouts.peer_tls:
        return "kubeadm's etcd always has TLS between its members; take another profile"
    return _why_not_balanced(request)


def _why_not_balanced(request: ClusterRequest) -> str:
    if request.lb not in MODES:
        return f"--lb {request.lb} cannot be had, only {', '.join(MODES)}"
    if request.lb == EXTERNAL and request.masters < 2:
        return "kind makes its external balancer only for two masters or more"
    if request.lb == EXTERNAL and request.lb_config:
        return "kind's external balancer is configured by kind; a file of yours works with nginx"
    if request.proxy_port != APISERVER_PORT:
        return (
            f"the port of the balancer is {APISERVER_PORT}: kube-proxy has one address for "
            "all nodes, which is the apiserver itself on masters"
        )
    return ""


def roles_of(role: str, request: ClusterRequest) -> frozenset[str]:
    """Return our roles of a node with a role of kind.

    A cluster that exists may have no workers: it is measured from its masters then.
    """
    if role == CONTROL_PLANE and request.attach and not request.workers:
        return ROLES[role] | {"worker"}
    return ROLES[role]


def components_on(node: Node, request: ClusterRequest) -> list[Component]:
    """Return the components of a node, as halab starts faults at them and looks at them."""
    balancer = balancer_of(request.lb).component
    if "balancer" in node.roles:
        return [Component(balancer, node.name, (balancer,), request.proxy_port, 40)]
    parts = [
        Component(
            *("kubelet", node.name, ("kubelet",), KUBELET_PORT, 60),
            supervisor=SYSTEMD,
            log=(*IN_NODE, "journalctl", "--unit=kubelet", "--no-pager", "--output=cat"),
        ),
        _pod("kube-proxy", node, PROXY_HEALTH_PORT, 40, tls=False),
    ]
    if "master" in node.roles:
        parts += [
            _pod("etcd", node, ETCD_CLIENT_PORT, 60),
            _pod("kube-apiserver", node, APISERVER_PORT, 300),
            _pod("kube-controller-manager", node, 10257, 110, loopback=True),
            _pod("kube-scheduler", node, 10259, 65, loopback=True),
        ]
    if "worker" in node.roles and request.lb == NGINX:
        parts.append(_pod(balancer, node, request.proxy_port, 10, loopback=True))
    return parts


def _pod(
    name: str, node: Node, port: int, memory_mib: int, *, tls: bool = True, loopback: bool = False
) -> Component:
    return Component(
        name,
        node.name,
        (name,),
        port,
        memory_mib,
        tls=tls,
        loopback=loopback,
        supervisor=KUBELET,
        log=(*IN_NODE, "sh", "-c", f"cat /var/log/pods/*/{name}/*.log"),
    )
