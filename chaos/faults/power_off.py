"""Power-off of a node: its packets stop first, then its processes die, so no peer hears a FIN."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic.dataclasses import dataclass

from chaos.faults.base import AgentRequest, ExpectedEffect, Fault, FaultKind, FaultPlan

if TYPE_CHECKING:
    from chaos.targets import Target
    from lab.plan import LabPlan


@dataclass(frozen=True)
class PowerOff(Fault):
    """Silence, then death, of everything on the targets' nodes."""

    kind: ClassVar[str] = "power-off"

    def plan(
        self, plan: LabPlan, targets: tuple[Target, ...], _others: tuple[Target, ...], _undo: str
    ) -> FaultPlan:
        """Ask who switches the power of every target, and goes on living."""
        requests = [_request(target.node, plan.power_agent(target.node)) for target in targets]
        return FaultPlan(requests, [ExpectedEffect(target, "timeout") for target in targets])


def _request(node: str, agent: str) -> AgentRequest:
    if agent == node:
        return AgentRequest(node, PowerOff.kind, {})
    return AgentRequest(node, PowerOff.kind, {"node": node}, agent)


FAULT_KINDS = (
    FaultKind(
        PowerOff.kind,
        "Everything on the node is silent, then dead, as without power. The heal is a boot: "
        "packets pass, every component starts.",
        "connections hang, they are not refused",
        "power",
        stops=True,
        make=PowerOff,
    ),
)
