"""Faults of one component: killed (SIGKILL) or hung (SIGSTOP), its whole process group."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaos.faults.base import (
    CONFIRM_TIMEOUT_S,
    UNDONE_TIMEOUT_S,
    Injection,
    heal_nodes,
    observer,
    seen_across,
)

if TYPE_CHECKING:
    from chaos.targets import Target
    from lab.lab import Lab


def inject_components(
    lab: Lab, kind: str, targets: tuple[Target, ...], injection: Injection
) -> dict[str, dict[str, float]]:
    """Ask every target's agent, all at once, for one fault of the given kind."""

    def fire(target: Target) -> tuple[str, dict[str, float]]:
        times: dict[str, float] = lab.agent(target.node).call(
            "inject",
            undo=injection.undo,
            kind=kind,
            owner=injection.owner,
            for_s=injection.for_s,
            component=target.component,
        )
        return target.node, times

    with ThreadPoolExecutor(len(targets)) as pool:
        return dict(pool.map(fire, targets))


def seen_by_all(lab: Lab, targets: tuple[Target, ...], wanted: str, timeout_s: float) -> str:
    """Wait until every target looks as wanted from outside; return the evidence."""
    viewer = observer(lab, {target.node for target in targets})
    return seen_across(lab, [(viewer, target) for target in targets], wanted, timeout_s)


@dataclass(frozen=True)
class Kill:
    """SIGKILL: the kernel closes its sockets, clients see resets and refusals."""

    targets: tuple[Target, ...]

    def inject(self, lab: Lab, injection: Injection) -> dict[str, dict[str, float]]:
        """Kill the groups; each agent answers when its group is gone."""
        return inject_components(lab, "kill", self.targets, injection)

    def confirm(self, lab: Lab) -> str:
        """Connections must be refused."""
        return seen_by_all(lab, self.targets, "refused", CONFIRM_TIMEOUT_S)

    def undo(self, lab: Lab, injection: Injection) -> None:
        """Start the components again."""
        heal_nodes(lab, [target.node for target in self.targets], injection.undo)

    def confirm_undone(self, lab: Lab) -> str:
        """They must answer a TLS handshake."""
        return seen_by_all(lab, self.targets, "answered", UNDONE_TIMEOUT_S)


@dataclass(frozen=True)
class Hang:
    """SIGSTOP: the kernel still accepts connections, nothing ever answers on them."""

    targets: tuple[Target, ...]

    def inject(self, lab: Lab, injection: Injection) -> dict[str, dict[str, float]]:
        """Stop the groups."""
        return inject_components(lab, "hang", self.targets, injection)

    def confirm(self, lab: Lab) -> str:
        """A connection must be accepted and its handshake stay unanswered."""
        return seen_by_all(lab, self.targets, "silent", CONFIRM_TIMEOUT_S)

    def undo(self, lab: Lab, injection: Injection) -> None:
        """Let them go on."""
        heal_nodes(lab, [target.node for target in self.targets], injection.undo)

    def confirm_undone(self, lab: Lab) -> str:
        """They must answer a TLS handshake."""
        return seen_by_all(lab, self.targets, "answered", UNDONE_TIMEOUT_S)
