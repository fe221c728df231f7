"""Isolation: each target is cut from every other node of the lab, other targets among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic.dataclasses import dataclass

from chaos.faults.base import Breakage, Fault, FaultKind, Sight
from chaos.faults.cut import drop

if TYPE_CHECKING:
    from chaos.targets import Target
    from lab.plan import LabPlan


@dataclass(frozen=True)
class Isolate(Fault):
    """Drop all packets between each target and everybody else; its processes go on."""

    kind: ClassVar[str] = "isolate"

    def plan(
        self, plan: LabPlan, targets: tuple[Target, ...], _others: tuple[Target, ...], undo: str
    ) -> Breakage:
        """Ask the targets alone: what they drop, nobody hears."""
        nodes = [node.name for node in plan.nodes]
        requests = [
            drop(plan, one.node, [name for name in nodes if name != one.node], undo)
            for one in targets
        ]
        return Breakage(requests, [Sight(target, "timeout") for target in targets], together=True)


KINDS = (
    FaultKind(
        Isolate.kind,
        "Each target is cut from every other node, other targets among them; its processes go on, "
        "and hear only themselves.",
        "connections hang",
        "network",
        stops=False,
        make=Isolate,
    ),
)
