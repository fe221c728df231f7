"""A network split: groups of nodes that hear nothing of one another, with a bridge or without.

For surveys only, which choose the groups: no selector could name them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from chaos.faults.base import Breakage, Fault, Sight
from chaos.faults.cut import drop

if TYPE_CHECKING:
    from chaos.targets import Target
    from lab.plan import LabPlan


@dataclass(frozen=True)
class Split(Fault):
    """Drop all packets between nodes of different `groups`, which are its targets.

    The bridge, its other targets, is in no group and goes on hearing all of them; so do the nodes
    that are not named.
    """

    kind: ClassVar[str] = "split"
    groups: tuple[tuple[Target, ...], ...]

    @property
    def members(self) -> tuple[Target, ...]:
        """The nodes of all groups, which lose somebody each."""
        return tuple(target for group in self.groups for target in group)

    def plan(
        self, plan: LabPlan, targets: tuple[Target, ...], others: tuple[Target, ...], undo: str
    ) -> Breakage:
        """Ask every group to drop the others, and see the bridge hear all of them meanwhile.

        Everybody dials one of each other group; that is enough, for the rules are a group's.
        """
        requests = []
        sights = []
        for group in self.groups:
            strangers = [target.node for target in targets if target not in group]
            requests += [drop(plan, target.node, strangers, undo) for target in group]
            sights += [
                Sight(other[0], "timeout", target.node)
                for target in group
                for other in self.groups
                if other != group
            ]
        sights += [Sight(group[0], "answered", one.node) for one in others for group in self.groups]
        return Breakage(requests, sights, together=True)
