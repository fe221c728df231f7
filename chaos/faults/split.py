"""A network split: no packets between groups of nodes, with a bridge or without.

For surveys only, which choose the groups: no selector could name them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from chaos.faults.base import ExpectedEffect, Fault, FaultPlan
from chaos.faults.cut import drop

if TYPE_CHECKING:
    from chaos.targets import Target
    from lab.plan import LabPlan


@dataclass(frozen=True)
class Split(Fault):
    """Drop all packets between nodes of different `groups`, which are its targets.

    The bridge, its other targets, is in no group and reaches all of them; so do the nodes that
    are not named.
    """

    kind: ClassVar[str] = "split"
    groups: tuple[tuple[Target, ...], ...]

    @property
    def members(self) -> tuple[Target, ...]:
        """The nodes of all groups, each of which loses peers."""
        return tuple(target for group in self.groups for target in group)

    def plan(
        self, plan: LabPlan, targets: tuple[Target, ...], others: tuple[Target, ...], undo: str
    ) -> FaultPlan:
        """Ask every group to drop the others; the bridge must reach all of them meanwhile.

        Each node dials one node of each other group: the rules are the same for a whole group.
        """
        requests = []
        effects = []
        for group in self.groups:
            peers = [target.node for target in targets if target not in group]
            requests += [drop(plan, target.node, peers, undo) for target in group]
            effects += [
                ExpectedEffect(other[0], "timeout", target.node)
                for target in group
                for other in self.groups
                if other != group
            ]
        effects += [
            ExpectedEffect(group[0], "answered", bridge.node)
            for bridge in others
            for group in self.groups
        ]
        return FaultPlan(requests, effects, simultaneous=True)
