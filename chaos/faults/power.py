"""Power-off of a node: its packets stop first, then its processes die, so no peer hears a FIN."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaos.faults.base import CONFIRM_TIMEOUT_S, UNDONE_TIMEOUT_S, Injection, heal_nodes
from chaos.faults.component import inject_components, seen_by_all

if TYPE_CHECKING:
    from chaos.targets import Target
    from lab.lab import Lab


@dataclass(frozen=True)
class PowerOff:
    """Silence, then death, of everything on the targets' nodes."""

    targets: tuple[Target, ...]

    def inject(self, lab: Lab, injection: Injection) -> dict[str, dict[str, float]]:
        """Power the nodes off."""
        return inject_components(lab, "power-off", self.targets, injection)

    def confirm(self, lab: Lab) -> str:
        """Connections must hang, not be refused."""
        return seen_by_all(lab, self.targets, "timeout", CONFIRM_TIMEOUT_S)

    def undo(self, lab: Lab, injection: Injection) -> None:
        """Power on: packets pass, every component starts as at boot."""
        heal_nodes(lab, [target.node for target in self.targets], injection.undo)

    def confirm_undone(self, lab: Lab) -> str:
        """The components must answer a TLS handshake."""
        return seen_by_all(lab, self.targets, "answered", UNDONE_TIMEOUT_S)
