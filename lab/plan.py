"""A lab as a value: nodes, addresses, and the processes that run on each. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.spec import LabSpec

ETCD_CLIENT_PORT = 2379
ETCD_PEER_PORT = 2380
APISERVER_PORT = 6443


@dataclass(frozen=True)
class Component:
    """One process group on one node.

    argv[0] is the name of a binary, resolved when the lab is started; paths inside argv are
    relative to the node's directory. `port` is where an observer sees whether it serves, 0 where
    nothing listens. With `restart` the agent starts it again when it exits, as a kubelet does.
    With `private_tmp` its /tmp is its own and ends with it, as systemd's PrivateTmp.
    """

    name: str
    node: str
    argv: tuple[str, ...]
    port: int
    tls: bool = True
    restart: bool = False
    private_tmp: bool = False
    files: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Node:
    """A host of the lab. `roles` holds etcd, master or worker; stacked masters hold two."""

    name: str
    address: str
    roles: frozenset[str]


@dataclass(frozen=True)
class LabPlan:
    """Everything that will be made, in the order in which it is started."""

    spec: LabSpec
    nodes: tuple[Node, ...]
    components: tuple[Component, ...]

    def node(self, name: str) -> Node:
        """Return the node with this name; KeyError when there is none."""
        for node in self.nodes:
            if node.name == name:
                return node
        raise KeyError(name)

    def frontend(self, worker: str) -> tuple[str, int]:
        """Return host and port at which clients on a worker reach the apiservers."""
        assert "worker" in self.node(worker).roles
        return "127.0.0.1", self.spec.proxy_port

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


def plan_nodes(spec: LabSpec) -> tuple[Node, ...]:
    """Name and address the nodes of a lab: etcd 10.83.1.N, masters .2.N, workers .3.N."""

    def hosts(prefix: str, block: int, count: int, roles: frozenset[str]) -> Iterator[Node]:
        for index in range(1, count + 1):
            yield Node(f"{prefix}-{index}", f"10.83.{block}.{index}", roles)

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
    return tuple(nodes)
