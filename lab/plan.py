"""A lab as a value: nodes, addresses, and the processes that run on each. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.balancers.base import Balancer, Placement
from lab.balancers.registry import balancer_of, words_of
from lab.nodes import BALANCER_BLOCK, DEFAULT_NETWORK, Component, Node, address_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.spec import LabSpec


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

    @property
    def balancer(self) -> Balancer:
        """What stands between workers and masters."""
        return balancer_of(self.spec.lb)

    @property
    def balancing(self) -> dict[str, str]:
        """How workers reach the masters, a text a language."""
        return words_of(self.balancer, own_file=bool(self.spec.lb_config))

    @property
    def placement(self) -> Placement:
        """Who stands where, as balancers need to know."""
        masters, workers = self.with_role("master"), self.with_role("worker")
        balancers, spec = self.with_role("balancer"), self.spec
        return Placement(masters, workers, balancers, spec.proxy_port, spec.lb_config, self.network)

    def frontend(self, worker: str) -> tuple[str, int]:
        """Return host and port at which clients on a worker reach the apiservers."""
        assert "worker" in self.node(worker).roles
        return self.balancer.frontend(self.placement)

    @property
    def served(self) -> dict[str, tuple[str, int]]:
        """Worker -> its frontend, of those that have apiservers to reach."""
        workers = self.with_role("worker") if self.with_role("master") else ()
        return {worker.name: self.frontend(worker.name) for worker in workers}

    def frontends(self, worker: str) -> tuple[Component, ...]:
        """Return what may stand at a worker's frontend, the first in an undisturbed lab first."""
        return tuple(self.component(*one) for one in self.balancer.behind(self.placement, worker))

    @property
    def virtual_address(self) -> str:
        """The address that moves between balancers, "" where none does."""
        return self.balancer.virtual_address(self.placement)

    @property
    def balancer_addresses(self) -> tuple[str, ...]:
        """The addresses of the balancers that stand on nodes of their own, the VIP among them."""
        shared = (self.virtual_address,) if self.virtual_address else ()
        return (*(node.address for node in self.with_role("balancer")), *shared)

    @property
    def balancer_programs(self) -> tuple[str, ...]:
        """The programs that balance in this lab and decide where."""
        return self.balancer.programs if self.with_role("master") else ()

    @property
    def system_programs(self) -> tuple[str, ...]:
        """Programs of the system that components of this plan are."""
        return tuple(sorted({one.argv[0] for one in self.components if one.system}))

    @property
    def environments(self) -> dict[str, list[str]]:
        """Component -> what it is started with, `NAME=value` each."""
        return {one.name: list(one.whole_environment) for one in self.components}

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
    nodes += hosts("balancer", BALANCER_BLOCK, balancer_of(spec.lb).nodes, frozenset({"balancer"}))
    return tuple(nodes)
