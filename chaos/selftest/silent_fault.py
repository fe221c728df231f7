"""Is a fault that silently does nothing called unknown? The agent accepts it, and drops nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from chaos.errors import NotConfirmedError
from chaos.faults.base import AgentRequest, ExpectedEffect, Fault, FaultPlan
from chaos.faults.cut import AGENT_KIND
from chaos.faults.injection import Injection, injected
from chaos.faults.isolate import Isolate
from chaos.selftest.statements import verdict
from chaos.targets import Target
from lab.afterwards import afterwards
from lab.agent.nft import TABLE_PREFIX
from reports.locale.message import message

if TYPE_CHECKING:
    from lab.lab import Lab
    from lab.plan import LabPlan
    from reports.locale.message import Message
    from reports.verdict import Verdict

TARGET = Target("etcd-1", "etcd")


@dataclass(frozen=True)
class SilentIsolation(Fault):
    """An isolation that says that it is in, and drops no packet: its table has no rule."""

    kind: ClassVar[str] = "isolate"

    def plan(
        self, _plan: LabPlan, targets: tuple[Target, ...], _others: tuple[Target, ...], undo: str
    ) -> FaultPlan:
        """Ask the targets for an empty table, and expect what a real isolation does."""
        nothing = {"ruleset": f"table inet {TABLE_PREFIX}{undo} {{}}"}
        requests = [AgentRequest(target.node, AGENT_KIND, nothing) for target in targets]
        return FaultPlan(requests, [ExpectedEffect(target, "timeout") for target in targets])


def check_silent_fault(lab: Lab) -> Verdict:
    """Inject a real isolation, which must be confirmed, and a silent one, which must not be.

    Raises ChaosError, LabError where the real one cannot be confirmed.
    """
    real = Injection(lab, "real", Isolate(), (TARGET,))
    with injected(real) as effect:
        pass
    real.confirm_undone()
    return _silent(Injection(lab, "silent", SilentIsolation(), (TARGET,)), effect)


def _silent(injection: Injection, real: Message) -> Verdict:
    # where nobody observes the unbroken state nothing is shown
    injection.choose_observers()
    with afterwards(injection.end):
        injection.begin()
        try:
            evidence = injection.confirm()
        except NotConfirmedError as error:
            note = message("selftest-silent-fault-unconfirmed", real=real, evidence=error.message)
            return verdict("silent-fault", "holds", note)
    note = message("selftest-silent-fault-confirmed", evidence=evidence)
    return verdict("silent-fault", "violated", note)
