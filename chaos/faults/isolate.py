"""Isolation: each target is cut from every other node of the lab, other targets among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaos.faults.base import CONFIRM_TIMEOUT_S, UNDONE_TIMEOUT_S, Injection, heal_nodes
from chaos.faults.component import inject_components, seen_by_all
from lab.network import cut_ruleset

if TYPE_CHECKING:
    from chaos.targets import Target
    from lab.lab import Lab


@dataclass(frozen=True)
class Isolate:
    """Drop all packets between each target and everybody else; its processes go on."""

    targets: tuple[Target, ...]

    def inject(self, lab: Lab, injection: Injection) -> dict[str, dict[str, float]]:
        """Prepare the rules on the targets, then fire them together."""
        for target in self.targets:
            others = [node.address for node in lab.plan.nodes if node.name != target.node]
            ruleset = cut_ruleset(f"halab_{injection.undo}", others)
            lab.agent(target.node).call("prepare_cut", undo=injection.undo, ruleset=ruleset)
        return inject_components(lab, "cut", self.targets, injection)

    def confirm(self, lab: Lab) -> str:
        """Dials from a node that is not isolated must hang."""
        return seen_by_all(lab, self.targets, "timeout", CONFIRM_TIMEOUT_S)

    def undo(self, lab: Lab, injection: Injection) -> None:
        """Delete the rules."""
        heal_nodes(lab, [target.node for target in self.targets], injection.undo)

    def confirm_undone(self, lab: Lab) -> str:
        """They must answer a TLS handshake again."""
        return seen_by_all(lab, self.targets, "answered", UNDONE_TIMEOUT_S)
