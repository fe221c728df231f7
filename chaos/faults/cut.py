"""A cut: packets between two groups of nodes are dropped, both ways, at both ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from chaos.errors import InputError
from chaos.faults.base import AgentRequest, ExpectedEffect, Fault, FaultKind, FaultPlan
from lab.agent.nft import TABLE_PREFIX
from lab.network import cut_ruleset
from lab.nodes import ETCD_CLIENT_PORT, ETCD_PEER_PORT
from reports.locale.message import message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos.targets import Selector, Target
    from lab.plan import LabPlan

AGENT_KIND = "cut"


@dataclass(frozen=True, config=ConfigDict(extra="forbid", populate_by_name=True))
class Cut(Fault):
    """Drop packets between the targets and the other side; within a side they pass.

    Between etcd members only etcd's ports are cut, so that stacked members lose their peers and
    their masters keep talking.
    """

    kind: ClassVar[str] = "cut"
    others: str = Field(
        alias="from",
        description="the other side, a selector; a target is never cut from itself",
    )

    def selectors(self) -> dict[str, str]:
        """Return the other side."""
        return {"from": self.others}

    def check(self, target: Selector, others: Mapping[str, Selector], plan: LabPlan) -> None:
        """Raise InputError when the other side can only be the targets themselves."""
        other_side = others["from"]
        if set(other_side.possible(plan)) <= set(target.certain(plan)):
            no_side = message("cut-of-nothing", targets=str(target), others=str(other_side))
            raise InputError(no_side)

    def plan(
        self, plan: LabPlan, targets: tuple[Target, ...], others: tuple[Target, ...], undo: str
    ) -> FaultPlan:
        """Ask both sides to drop each other; every node of the other side dials each target.

        Raises InputError when the other side is the targets themselves.
        """
        near = [target.node for target in targets]
        far = [other.node for other in others if other.node not in near]
        if not far:
            no_side = message("cut-of-nothing", targets=", ".join(near), others=self.others)
            raise InputError(no_side)
        components = {target.component for target in (*targets, *others)}
        ports = (ETCD_CLIENT_PORT, ETCD_PEER_PORT) if components == {"etcd"} else ()
        requests = [
            drop(plan, node, peers, undo, ports)
            for side, peers in ((near, far), (far, near))
            for node in side
        ]
        effects = [
            ExpectedEffect(target, "timeout", observer) for observer in far for target in targets
        ]
        return FaultPlan(requests, effects, simultaneous=True)


def drop(
    plan: LabPlan, node: str, peers: list[str], undo: str, ports: tuple[int, ...] = ()
) -> AgentRequest:
    """Return the request that makes a node drop all packets from and to its peers.

    With `ports`, only TCP from or to these.
    """
    nodes = [plan.node(name) for name in peers]
    addresses = [address for node in nodes for address in (node.address, *node.more_addresses)]
    ruleset = cut_ruleset(f"{TABLE_PREFIX}{undo}", addresses, ports)
    return AgentRequest(node, AGENT_KIND, {"ruleset": ruleset})


FAULT_KINDS = (
    FaultKind(
        Cut.kind,
        "Packets between two sides are dropped, both ways, at both ends; between etcd members only "
        "those of etcd's ports.",
        "connections across the cut hang, from every node of the other side",
        "network",
        stops=False,
        make=Cut,
    ),
)
