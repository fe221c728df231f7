"""A network split: groups of nodes that hear nothing of one another, with a bridge or without."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaos.faults.base import (
    CONFIRM_TIMEOUT_S,
    UNDONE_TIMEOUT_S,
    Injection,
    heal_nodes,
    seen_across,
)
from chaos.faults.component import inject_components
from lab.network import cut_ruleset

if TYPE_CHECKING:
    from chaos.targets import Target
    from lab.lab import Lab


@dataclass(frozen=True)
class Split:
    """Drop all packets between nodes of different `groups`.

    `bridge` is in no group and goes on hearing all of them; so do the nodes that are not named.
    """

    groups: tuple[tuple[Target, ...], ...]
    bridge: tuple[Target, ...] = ()

    @property
    def targets(self) -> tuple[Target, ...]:
        """Every node that loses somebody."""
        return tuple(target for group in self.groups for target in group)

    def inject(self, lab: Lab, injection: Injection) -> dict[str, dict[str, float]]:
        """Prepare the rules on all nodes, then fire them together."""
        table = f"halab_{injection.undo}"
        for group in self.groups:
            others = [one.node for one in self.targets if one not in group]
            ruleset = cut_ruleset(table, [lab.plan.node(name).address for name in others])
            for target in group:
                lab.agent(target.node).call("prepare_cut", undo=injection.undo, ruleset=ruleset)
        return inject_components(lab, "cut", self.targets, injection)

    def _look(self, lab: Lab, wanted: str, timeout_s: float) -> str:
        # everybody dials one of each other group; that is enough, for the rules are a group's
        pairs = [
            (target.node, other[0])
            for group in self.groups
            for target in group
            for other in self.groups
            if other != group
        ]
        return seen_across(lab, pairs, wanted, timeout_s)

    def confirm(self, lab: Lab) -> str:
        """Dials into other groups must hang, those from the bridge be answered."""
        seen = self._look(lab, "timeout", CONFIRM_TIMEOUT_S)
        across = [(one.node, group[0]) for one in self.bridge for group in self.groups]
        if across:
            seen += "; " + seen_across(lab, across, "answered", CONFIRM_TIMEOUT_S)
        return seen

    def undo(self, lab: Lab, injection: Injection) -> None:
        """Delete the rules on every node."""
        heal_nodes(lab, [target.node for target in self.targets], injection.undo)

    def confirm_undone(self, lab: Lab) -> str:
        """Dials into the former other groups must be answered."""
        return self._look(lab, "answered", UNDONE_TIMEOUT_S)
