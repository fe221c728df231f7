"""A cut: packets between two groups of nodes are dropped, both ways, at both ends."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaos.faults.base import (
    CONFIRM_TIMEOUT_S,
    UNDONE_TIMEOUT_S,
    Injection,
    heal_nodes,
    seen_across,
)
from lab.network import cut_ruleset
from lab.plan import ETCD_CLIENT_PORT, ETCD_PEER_PORT

if TYPE_CHECKING:
    from chaos.targets import Target
    from lab.lab import Lab


@dataclass(frozen=True)
class Cut:
    """Drop between `targets` and `others`.

    Between etcd members only etcd's ports are cut, so that stacked members lose their peers and
    their masters keep talking.
    """

    targets: tuple[Target, ...]
    others: tuple[Target, ...]

    def _sides(self) -> tuple[list[str], list[str]]:
        near = [target.node for target in self.targets]
        return near, [other.node for other in self.others if other.node not in near]

    def _ports(self) -> tuple[int, ...]:
        components = {target.component for target in (*self.targets, *self.others)}
        return (ETCD_CLIENT_PORT, ETCD_PEER_PORT) if components == {"etcd"} else ()

    def inject(self, lab: Lab, injection: Injection) -> dict[str, dict[str, float]]:
        """Prepare the rules on all nodes, then fire them together."""
        near, far = self._sides()
        for mine, theirs in ((near, far), (far, near)):
            addresses = [lab.plan.node(name).address for name in theirs]
            ruleset = cut_ruleset(f"halab_{injection.undo}", addresses, self._ports())
            for node in mine:
                lab.agent(node).call("prepare_cut", undo=injection.undo, ruleset=ruleset)

        def fire(node: str) -> dict[str, float]:
            fired: dict[str, float] = lab.agent(node).call(
                "inject",
                undo=injection.undo,
                kind="cut",
                owner=injection.owner,
                for_s=injection.for_s,
                component="",
            )
            return fired

        nodes = [*near, *far]
        with ThreadPoolExecutor(len(nodes)) as pool:
            return dict(zip(nodes, pool.map(fire, nodes), strict=True))

    def _look(self, lab: Lab, wanted: str, timeout_s: float) -> str:
        pairs = [(node, target) for node in self._sides()[1] for target in self.targets]
        return seen_across(lab, pairs, wanted, timeout_s)

    def confirm(self, lab: Lab) -> str:
        """Dials across the cut must hang."""
        return self._look(lab, "timeout", CONFIRM_TIMEOUT_S)

    def undo(self, lab: Lab, injection: Injection) -> None:
        """Delete the rules on every node."""
        near, far = self._sides()
        heal_nodes(lab, [*near, *far], injection.undo)

    def confirm_undone(self, lab: Lab) -> str:
        """Dials across the former cut must be answered."""
        return self._look(lab, "answered", UNDONE_TIMEOUT_S)
