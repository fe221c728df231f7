"""Isolation: each target is cut from every other node of the lab, other targets among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic.dataclasses import dataclass

from chaos.faults.base import ExpectedEffect, Fault, FaultKind, FaultPlan
from chaos.faults.cut import drop

if TYPE_CHECKING:
    from chaos.targets import Target
    from lab.plan import LabPlan


@dataclass(frozen=True)
class Isolate(Fault):
    """Drop all packets between each target and every other node; its processes go on."""

    kind: ClassVar[str] = "isolate"

    def plan(
        self, plan: LabPlan, targets: tuple[Target, ...], _others: tuple[Target, ...], undo: str
    ) -> FaultPlan:
        """Ask the targets alone: they drop both directions."""
        nodes = [node.name for node in plan.nodes]
        requests = [
            drop(plan, target.node, [name for name in nodes if name != target.node], undo)
            for target in targets
        ]
        return FaultPlan(
            requests, [ExpectedEffect(target, "timeout") for target in targets], simultaneous=True
        )


FAULT_KINDS = (
    FaultKind(
        Isolate.kind,
        "Each target is cut from every other node, other targets among them; its processes go on, "
        "and reach only their own node.",
        "connections hang",
        "network",
        stops=False,
        make=Isolate,
    ),
)
