"""One trial of a proof: clients at work, the steps in a row, and the same end always."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from chaos.errors import ChaosError
from chaos.heartbeat import Heartbeat
from chaos.leader import LeaderWatch
from chaos.proof.breaking import break_and_heal
from chaos.proof.clients import CLIENT, PREFIX, Clients
from chaos.proof.context import Context
from chaos.proof.ending import final_state
from chaos.proof.replacing import replace
from lab.errors import LabError

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from chaos.proof.schema import ProofSpec
    from lab.lab import Lab
    from reports.history.proof import ProofTrialWriter

FIRST_ANSWER_TIMEOUT_S = 20.0
# Clients work on, so that reads see what was written before the last heal.
AFTER_S = 1.0


class ProofTrial:
    """One execution. `unknown_reason` says why it proves less than it was to prove."""

    def __init__(
        self, lab: Lab, proof: ProofSpec, chance: random.Random, history: ProofTrialWriter
    ) -> None:
        self.unknown_reason: str | None = None
        self._lab = lab
        self._proof = proof
        self._chance = chance
        self._history = history
        self._zero_s = time.monotonic()

    def run(self) -> None:
        """Run it and write all that was observed; the end is proved whatever became of the steps.

        A lab that breaks under it makes the trial unknown, not the run fail.
        """
        with Heartbeat(self._lab):
            self._attempt(self._work)
            self._attempt(self._end)

    def _attempt(self, part: Callable[[], None]) -> None:
        try:
            part()
        except (LabError, ChaosError) as error:
            self.unknown_reason = self.unknown_reason or str(error)
            self._event("gave_up", reason=str(error))

    def _work(self) -> None:
        seed = self._chance.randrange(2**32)
        with (
            LeaderWatch(self._lab, self._leader),
            Clients(self._lab, seed, self._operation) as clients,
        ):
            clients.wait_acknowledged(0, FIRST_ANSWER_TIMEOUT_S)
            self._event("clients_begin")
            self._attempt(
                lambda: self._steps(Context(self._lab, self._chance, clients, self._event))
            )
            clients.finish()
            self._event("clients_end")

    def _steps(self, context: Context) -> None:
        time.sleep(self._proof.baseline_s)
        for number, step in enumerate(self._proof.steps):
            self._event("step", number=number, what=str(step))
            if step.fault is not None:
                break_and_heal(context, step.fault, step.hold_s)
            elif step.replace is not None:
                replace(context, step.replace, step.hold_s)
        time.sleep(AFTER_S)

    def _end(self) -> None:
        lab = self._lab
        members = [node.name for node in lab.plan.with_role("etcd")]
        endpoints = {name: lab.etcd_from(CLIENT, name) for name in members}
        self._history.final(final_state(endpoints, PREFIX))
        self._event("proved")

    def _event(self, kind: str, **fields: object) -> None:
        self._history.event(time.monotonic() - self._zero_s, kind, **fields)

    def _leader(self, at_s: float, node: str, term: int) -> None:
        self._history.event(at_s - self._zero_s, "leader", node=node, term=term)

    def _operation(self, said: dict[str, Any]) -> None:
        relative = {key: said[key] - self._zero_s for key in ("invoke_s", "complete_s")}
        self._history.operation({**said, **relative})
