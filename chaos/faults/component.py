"""Faults of one component, all its processes: they differ in the signal and the effect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from chaos.errors import InputError
from chaos.faults.base import AgentRequest, ExpectedEffect, Fault, FaultKind, FaultPlan
from lab.nodes import KUBELET

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos.faults.base import DialOutcome
    from chaos.targets import Selector, Target
    from lab.nodes import Component
    from lab.plan import LabPlan


@dataclass(frozen=True)
class ComponentFault(Fault):
    """A signal to all processes of the targets."""

    passes: ClassVar[bool] = False
    name: str
    wanted: DialOutcome

    @property
    def kind(self) -> str:
        """Its name in FAULT_KINDS."""
        return self.name

    def check(self, target: Selector, _others: Mapping[str, Selector], plan: LabPlan) -> None:
        """Raise InputError for a host that runs no component, and where `obstacle` has one."""
        if not target.component:
            raise InputError(
                f"{self.name} {target}: no component to {self.name} there, only a host"
            )
        for node in target.possible(plan):
            if why := self.obstacle(plan.component(target.component, node), plan):
                raise InputError(f"{self.name} {target}: {target.component} of {node} {why}")

    def obstacle(self, component: Component, plan: LabPlan) -> str:
        """Return what makes the fault impossible there, "" for nothing."""
        del component, plan
        return ""

    def plan(
        self, _plan: LabPlan, targets: tuple[Target, ...], _others: tuple[Target, ...], _undo: str
    ) -> FaultPlan:
        """Ask every target's agent; each answers when the signal has reached all processes."""
        requests = [
            AgentRequest(target.node, self.name, {"component": target.component})
            for target in targets
        ]
        effects = [ExpectedEffect(target, self.wanted) for target in targets]
        return FaultPlan(requests, effects, passes=self.passes)


class Kill(ComponentFault):
    """SIGKILL, and nobody starts it again before the heal."""

    def obstacle(self, component: Component, plan: LabPlan) -> str:
        """Return why it cannot be held down: only agents and kubelets can be kept from it."""
        if plan.found is None or component.supervisor == KUBELET:
            return ""
        return (
            f"cannot be held down, for {component.supervisor or 'its own container'} starts it "
            "again; hang stops it"
        )


class Crash(ComponentFault):
    """SIGKILL once; whoever supervises it starts it again."""

    passes: ClassVar[bool] = True

    def obstacle(self, component: Component, plan: LabPlan) -> str:
        """Return that nobody starts it again."""
        del plan
        return "" if component.supervisor else "would stay down, for nobody starts it again"


FAULT_KINDS = (
    FaultKind(
        "kill",
        "SIGKILL: the kernel closes its sockets, clients see resets and refusals. It stays down "
        "until the heal starts it again.",
        "connections are refused",
        "processes",
        stops=True,
        make=lambda: Kill("kill", "refused"),
    ),
    FaultKind(
        "crash",
        "SIGKILL, once: what supervises it (a kubelet, systemd, or the agent for what exits by "
        "itself) starts it again. The heal waits until it runs.",
        "connections are refused, until it runs again",
        "processes",
        stops=True,
        make=lambda: Crash("crash", "refused"),
        passes=True,
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
