"""A lab as a value: nodes, addresses, and the processes that run on each. No I/O."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lab.spec import BALANCERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.spec import LabSpec

ETCD_CLIENT_PORT = 2379
ETCD_PEER_PORT = 2380
APISERVER_PORT = 6443
# Where the nodes are unless their runtime has to choose another range.
DEFAULT_NETWORK = "10.83.0.0/16"
# What the balancers with a VIP share: no node of its own, this one of their block.
VIRTUAL_HOST = 100
BALANCER_BLOCK = 4
LOOPBACK = "127.0.0.1"
# Balancers that stand on nodes of their own, and how many.
BALANCER_NODES = {"external": 1, "vip": 2}
# Programs that come with the system and are not pinned.
SYSTEM_PROGRAMS = ("nginx", "haproxy", "keepalived", "bash")


@dataclass(frozen=True)
class Component:
    """One process group on one node.

    argv[0] is the name of a binary, resolved when the lab is started; paths inside argv are
    relative to the node's directory. `port` is where an observer sees whether it serves, 0 where
    nothing listens; with `loopback` it listens there, and is seen from its own node only. With
    `restart` the agent starts it again when it exits, as a kubelet does. With
    `private_tmp` its /tmp is its own and ends with it, as systemd's PrivateTmp.
    """

    name: str
    node: str
    argv: tuple[str, ...]
    port: int
    tls: bool = True
    restart: bool = False
    private_tmp: bool = False
    loopback: bool = False
    environment: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Node:
    """A host of the lab. `roles`: etcd, master, worker or balancer; stacked masters hold two."""

    name: str
    address: str
    roles: frozenset[str]


@dataclass(frozen=True)
class LabPlan:
    """Everything that will be made, in the order in which it is started."""

    spec: LabSpec
    nodes: tuple[Node, ...]
    components: tuple[Component, ...]
    network: str = DEFAULT_NETWORK

    def node(self, name: str) -> Node:
        """Return the node with this name; KeyError when there is none."""
        for node in self.nodes:
            if node.name == name:
                return node
        raise KeyError(name)

    def frontend(self, worker: str) -> tuple[str, int]:
        """Return host and port at which clients on a worker reach the apiservers."""
        assert "worker" in self.node(worker).roles
        if self.spec.lb == "vip":
            return self.virtual_address, self.spec.proxy_port
        if self.spec.lb == "external":
            return self.with_role("balancer")[0].address, self.spec.proxy_port
        if self.spec.lb == "none":
            return self.with_role("master")[0].address, APISERVER_PORT
        return LOOPBACK, self.spec.proxy_port

    def frontends(self, worker: str) -> tuple[Component, ...]:
        """Return what may stand at a worker's frontend, the first in an undisturbed lab first."""
        if self.spec.lb == "none":
            return (self.component("kube-apiserver", self.with_role("master")[0].name),)
        nodes = [node.name for node in self.with_role("balancer")] or [worker]
        return tuple(self.component(BALANCERS[self.spec.lb], node) for node in nodes)

    @property
    def virtual_address(self) -> str:
        """The address that balancers of the mode vip share."""
        return address_of(self.network, BALANCER_BLOCK, VIRTUAL_HOST)

    @property
    def balancer_addresses(self) -> tuple[str, ...]:
        """The addresses of the balancers that stand on nodes of their own, the VIP among them."""
        shared = (self.virtual_address,) if self.spec.lb == "vip" else ()
        return (*(node.address for node in self.with_role("balancer")), *shared)

    @property
    def balancer_programs(self) -> tuple[str, ...]:
        """The programs that balance in this lab and decide where."""
        return tuple(name for name in self.system_programs if name != "bash")

    @property
    def system_programs(self) -> tuple[str, ...]:
        """Programs of the system that components of this plan are."""
        used = {component.argv[0] for component in self.components}
        return tuple(name for name in SYSTEM_PROGRAMS if name in used)

    def with_role(self, role: str) -> tuple[Node, ...]:
        """Return the nodes that hold a role, in order."""
        return tuple(node for node in self.nodes if role in node.roles)

    @property
    def kubelet_nodes(self) -> tuple[str, ...]:
        """The names of the nodes that run a kubelet, in order."""
        return tuple(one.node for one in self.components if one.name == "kubelet")

    def component(self, name: str, node: str) -> Component:
        """Return one component of one node; KeyError when there is none."""
        for component in self.components:
            if (component.name, component.node) == (name, node):
                return component
        raise KeyError(f"{name} on {node}")


def address_of(network: str, block: int, host: int) -> str:
    """Return an address of a range whose blocks have 256 addresses each, five of them at least."""
    return str(ipaddress.ip_network(network)[256 * block + host])


def plan_nodes(spec: LabSpec, network: str = DEFAULT_NETWORK) -> tuple[Node, ...]:
    """Name and address the nodes of a lab: etcd 10.83.1.N, masters .2.N, workers .3.N.

    Balancers of their own, where the mode has any, are 10.83.4.N. In other ranges likewise.
    """

    def hosts(prefix: str, block: int, count: int, roles: frozenset[str]) -> Iterator[Node]:
        for index in range(1, count + 1):
            yield Node(f"{prefix}-{index}", address_of(network, block, index), roles)

    nodes: list[Node] = []
    if not spec.stacked:
        nodes += hosts("etcd", 1, spec.etcd, frozenset({"etcd"}))
    for index, node in enumerate(hosts("master", 2, spec.masters, frozenset({"master"}))):
        both = spec.stacked and index < spec.etcd
        roles = node.roles | {"etcd"} if both else node.roles
        nodes.append(Node(node.name, node.address, roles))
    if spec.stacked and spec.etcd > spec.masters:
        nodes += hosts("etcd", 1, spec.etcd - spec.masters, frozenset({"etcd"}))
    nodes += hosts("worker", 3, spec.workers, frozenset({"worker"}))
    nodes += hosts(
        "balancer", BALANCER_BLOCK, BALANCER_NODES.get(spec.lb, 0), frozenset({"balancer"})
    )
    return tuple(nodes)
