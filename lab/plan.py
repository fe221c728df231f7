"""A lab as a value: nodes, addresses, and the processes that run on each. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.balancers.base import Balancer, Placement, Reaction
from lab.balancers.registry import balancer_of, description_of
from lab.nodes import BALANCER_BLOCK, DEFAULT_NETWORK, Component, Node, address_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.found import FoundCluster
    from lab.spec import LabSpec

# Of components that agents start: several times what an apiserver needs on two cores.
RESTART_TIMEOUT_S = 30.0


@dataclass(frozen=True)
class LabPlan:
    """The nodes and components of a lab, in the order in which they are started.

    `found`: the cluster that it was made of, None where its nodes and components are our own.
    """

    spec: LabSpec
    nodes: tuple[Node, ...]
    components: tuple[Component, ...]
    network: str = DEFAULT_NETWORK
    found: FoundCluster | None = None

    def node(self, name: str) -> Node:
        """Return the node with this name; KeyError when there is none."""
        for node in self.nodes:
            if node.name == name:
                return node
        raise KeyError(name)

    @property
    def names(self) -> dict[str, str]:
        """The names of the nodes, by those under which the cluster knows them."""
        return {node.known_as: node.name for node in self.nodes}

    def power_agent(self, node: str) -> str:
        """Return the agent that switches the power of a node: its own, or one for all."""
        return (self.found.power_agent if self.found else "") or node

    @property
    def agents(self) -> tuple[str, ...]:
        """All agents: that of each node, and the one that switches their power."""
        nodes = tuple(node.name for node in self.nodes)
        return tuple(dict.fromkeys([*nodes, *map(self.power_agent, nodes)]))

    @property
    def restart_timeout_s(self) -> float:
        """Within which a node or a component that was started again serves, at most."""
        return self.found.restart_timeout_s if self.found else RESTART_TIMEOUT_S

    @property
    def balancer(self) -> Balancer:
        """What stands between workers and masters."""
        return balancer_of(self.spec.lb)

    @property
    def balancing(self) -> dict[str, str]:
        """How workers reach the masters, a text a language."""
        return description_of(self.balancer, own_file=bool(self.spec.lb_config))

    @property
    def placement(self) -> Placement:
        """Which node has which role, as balancers need to know it."""
        masters, workers = self.with_role("master"), self.with_role("worker")
        balancers, spec = self.with_role("balancer"), self.spec
        own = spec.lb_config.text
        return Placement(masters, workers, balancers, spec.proxy_port, own, self.network)

    def frontend(self, worker: str) -> tuple[str, int]:
        """Return host and port at which clients on a worker reach the apiservers."""
        assert "worker" in self.node(worker).roles
        return self.balancer.frontend(self.placement)

    def frontend_name(self, worker: str) -> str:
        """Return the name of a worker's frontend in the certificates behind it."""
        host, _ = self.frontend(worker)
        if self.found is None:
            return host
        # made by others: with the balancer's name, not with its address
        return next((n.known_as for n in self.with_role("balancer") if n.address == host), host)

    @property
    def worker_frontends(self) -> dict[str, tuple[str, int]]:
        """Worker -> host and port of its frontend; empty where the lab has no apiservers."""
        workers = self.with_role("worker") if self.with_role("master") else ()
        return {worker.name: self.frontend(worker.name) for worker in workers}

    def frontends(self, worker: str) -> tuple[Component, ...]:
        """Return the components that may serve a worker's frontend, the usual one first."""
        places = self.balancer.components_behind(self.placement, worker)
        return tuple(self.component(name, node) for name, node in places)

    @property
    def virtual_address(self) -> str:
        """The address that moves between balancers, "" where none does."""
        return self.balancer.virtual_address(self.placement)

    @property
    def reaction(self) -> Reaction:
        """How late the balancer reacts to its masters; without masters there are none."""
        return self.balancer.reaction(self.placement) if self.with_role("master") else Reaction()

    @property
    def balancer_addresses(self) -> tuple[str, ...]:
        """The addresses of the balancers on nodes of their own, the VIP included."""
        shared = (self.virtual_address,) if self.virtual_address else ()
        return (*(node.address for node in self.with_role("balancer")), *shared)

    @property
    def balancer_programs(self) -> tuple[str, ...]:
        """The programs that balance in this lab, and those that choose the balancer."""
        return self.balancer.programs if self.with_role("master") else ()

    @property
    def system_programs(self) -> tuple[str, ...]:
        """The programs of the system that the components of this plan run."""
        ours = () if self.found else self.components
        return tuple(sorted({part.argv[0] for part in ours if part.system}))

    @property
    def binaries(self) -> tuple[str, ...]:
        """The pinned programs that the components of this plan run."""
        ours = () if self.found else self.components
        return tuple(sorted({part.argv[0] for part in ours if not part.system}))

    @property
    def environments(self) -> dict[str, list[str]]:
        """Component -> its environment, `NAME=value` each."""
        return {part.name: list(part.whole_environment) for part in self.components}

    def with_role(self, role: str) -> tuple[Node, ...]:
        """Return the nodes that hold a role, in order."""
        return tuple(node for node in self.nodes if role in node.roles)

    @property
    def kubelet_nodes(self) -> tuple[str, ...]:
        """The names of the nodes that run a kubelet, in order."""
        return tuple(part.node for part in self.components if part.name == "kubelet")

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
