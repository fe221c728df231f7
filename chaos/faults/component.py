"""Faults of one component, its whole process group: they differ in the signal and the effect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaos.errors import InputError
from chaos.faults.base import AgentRequest, ExpectedEffect, Fault, FaultKind, FaultPlan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos.faults.base import DialOutcome
    from chaos.targets import Selector, Target
    from lab.plan import LabPlan


@dataclass(frozen=True)
class ComponentFault(Fault):
    """A signal to the process groups of the targets."""

    name: str
    wanted: DialOutcome

    @property
    def kind(self) -> str:
        """Its name in FAULT_KINDS."""
        return self.name

    def check(self, target: Selector, _others: Mapping[str, Selector], _plan: LabPlan) -> None:
        """Raise InputError for a host that runs no component of ours."""
        if not target.component:
            raise InputError(
                f"{self.name} {target}: no component to {self.name} there, only a host"
            )

    def plan(
        self, _plan: LabPlan, targets: tuple[Target, ...], _others: tuple[Target, ...], _undo: str
    ) -> FaultPlan:
        """Ask every target's agent; each answers when the signal has reached the group."""
        requests = [
            AgentRequest(target.node, self.name, {"component": target.component})
            for target in targets
        ]
        return FaultPlan(requests, [ExpectedEffect(target, self.wanted) for target in targets])


FAULT_KINDS = (
    FaultKind(
        "kill",
        "SIGKILL: the kernel closes its sockets, clients see resets and refusals. It stays down "
        "until the heal starts it again.",
        "connections are refused",
        "processes",
        stops=True,
        make=lambda: ComponentFault("kill", "refused"),
    ),
    FaultKind(
        "hang",
        "SIGSTOP: the kernel still accepts connections, nothing ever answers on them. The heal "
        "lets it go on.",
        "connections are accepted, and stay without an answer",
        "processes",
        stops=True,
        make=lambda: ComponentFault("hang", "silent"),
    ),
)
