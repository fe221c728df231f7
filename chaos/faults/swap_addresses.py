"""Nodes that lose power and come back with one another's addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic.dataclasses import dataclass

from chaos.errors import InputError
from chaos.faults.base import AgentRequest, ExpectedEffect, Fault, FaultKind, FaultPlan
from reports.locale.message import message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos.targets import Selector, Target
    from lab.plan import LabPlan

AGENT_KIND = "other-address"


@dataclass(frozen=True)
class SwapAddresses(Fault):
    """Each target comes back with the address of the next one, the last with that of the first."""

    kind: ClassVar[str] = "swap-addresses"

    def check(self, target: Selector, _others: Mapping[str, Selector], plan: LabPlan) -> None:
        """Raise InputError where there is nobody to swap with."""
        if target.size(plan) < 2:
            raise InputError(message("swap-of-one", targets=str(target)))

    def plan(
        self, plan: LabPlan, targets: tuple[Target, ...], _others: tuple[Target, ...], _undo: str
    ) -> FaultPlan:
        """Ask who switches the power of every target. Raises InputError for a single one.

        All addresses are silent until the nodes have booted; what a node is afterwards to others is
        measured, not confirmed.
        """
        addresses = [plan.node(target.node).address for target in targets]
        if len(addresses) < 2:
            raise InputError(message("swap-of-one", targets=", ".join(map(str, targets))))
        requests = [
            AgentRequest(
                target.node,
                AGENT_KIND,
                {"node": target.node, "address": address},
                plan.power_agent(target.node),
            )
            for target, address in zip(targets, [*addresses[1:], addresses[0]], strict=True)
        ]
        effects = [ExpectedEffect(target, "timeout") for target in targets]
        return FaultPlan(requests, effects, passes=True)


FAULT_KINDS = (
    FaultKind(
        SwapAddresses.kind,
        "Two nodes or more lose power, and each comes back with the address of the next one, as "
        "containers do that are started in another order. The heal is a loss of power and a boot "
        "with their own addresses.",
        "connections hang, until the nodes have booted",
        "swapped-addresses",
        stops=True,
        make=SwapAddresses,
        passes=True,
    ),
)
