"""One trial, from steady state to steady state: baseline, inject, hold, heal, recover."""

from __future__ import annotations

import contextlib
import math
import time
from typing import TYPE_CHECKING, Any

from chaos.errors import ChaosError, NotConfirmedError
from chaos.faults import Injection, choose
from chaos.faults.base import ANSWER_TIMEOUT_S
from chaos.heartbeat import Heartbeat
from chaos.journal import Journal, new_undo
from chaos.leader import LeaderWatch
from chaos.observe import ClusterWatch
from chaos.operations import Operations
from chaos.probes.running import Probers
from chaos.probes.series import DEADLINE_S
from chaos.targets import parse
from lab.errors import LabError
from lab.health import unhealthy
from reports.history.schema import TIMES

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from chaos.experiment.schema import ExperimentSpec
    from chaos.probes.series import Series
    from lab.lab import Lab
    from reports.history.writer import TrialWriter

STEADY_TIMEOUT_S = 40.0
BASELINE_S = 4.0
CLEAN_S = 3.0
POLL_S = 0.2
# A trial ends in a steady state, whose last probes are answered within the deadline.
LAST_PROBES_S = DEADLINE_S + 0.5


class Trial:
    """One execution of an experiment. `unknown_reason` says why its figures prove nothing."""

    def __init__(
        self,
        lab: Lab,
        experiment: ExperimentSpec,
        series: Sequence[Series],
        chance: random.Random,
        history: TrialWriter,
    ) -> None:
        self.lab = lab
        self.experiment = experiment
        self.unknown_reason: str | None = None
        self.targets = ""
        self._probers = Probers(lab, series, self._sample, self._state)
        self._states = ClusterWatch(lab, self._sample, self._state)
        self._chance = chance
        self._history = history
        self._zero_s = math.inf
        self._end_s = math.inf

    def run(self) -> None:
        """Run it and write all that was observed. The fault is undone however this ends.

        A lab that breaks under it makes the trial unknown, not the run fail.
        """
        try:
            with Heartbeat(self.lab), self._probers, self._states:
                try:
                    self._measure()
                finally:
                    self._record(time.monotonic())
        except (LabError, ChaosError) as error:
            self.unknown_reason = str(error)

    def _measure(self) -> None:
        self._wait_steady("steady state before the fault")
        self._zero_s = time.monotonic()
        self._states.tell_anew(self._zero_s)
        with LeaderWatch(self.lab, self._leader), self._operations() as operations:
            # not before: clients that start take processors for a second or two
            self._event("baseline_begin")
            self._hold_baseline()
            self._event("steady")
            self._dial()
            self._break_and_heal()
            if operations is not None:
                self._history.final(operations.finish())

    def _hold_baseline(self) -> None:
        """See every series good for a while; begin again when the lab or the machine was not.

        Nothing is broken yet, and a fault would prove nothing. The last probes of a baseline are
        still under way when it ends.
        """
        until_s = time.monotonic() + STEADY_TIMEOUT_S
        time.sleep(BASELINE_S)
        while evidence := self._probers.unclean(BASELINE_S - DEADLINE_S):
            if time.monotonic() > until_s:
                raise NotConfirmedError(
                    f"a good baseline was not seen within {STEADY_TIMEOUT_S:g} s: {evidence}"
                )
            self._wait_steady("steady state before the fault")
            self._event("baseline_again", evidence=evidence)
            time.sleep(BASELINE_S)

    def _operations(self) -> contextlib.AbstractContextManager[Operations | None]:
        """Return the operations that the experiment asks for, to be run."""
        spec = self.experiment.operations
        if spec is None:
            return contextlib.nullcontext()
        return Operations(self.lab, spec.rate_hz, self._chance, self._operation)

    def _dial(self) -> None:
        """Try the connections that the experiment asks for, and record what each node sees."""
        for dial in self.experiment.dials:
            chosen = parse(dial.node, self.lab.plan).resolve(self.lab, self._chance)
            for node in (target.node for target in chosen):
                request = {"host": dial.host, "port": dial.port, "tls": dial.tls}
                seen = self.lab.agent(node).call("dial", **request, timeout_s=ANSWER_TIMEOUT_S)
                self._event("dial", id=dial.id, node=node, seen=seen, **request)

    def _break_and_heal(self) -> None:
        spec = self.experiment.fault
        fault = choose(spec, self.lab, self._chance)
        self.targets = ", ".join(map(str, fault.targets))
        injection = Injection(new_undo())
        journal = Journal(self.lab.directory)
        journal.note(injection.undo, "planned", fault=spec.kind, on=self.targets)
        try:
            self._event("inject_begin", target=self.targets)
            done = fault.inject(self.lab, injection)
            self._event("inject_end", nodes=self._relative(done))
            self._event("effect_confirmed", evidence=fault.confirm(self.lab))
            time.sleep(self.experiment.hold_s)
            self._event("heal_begin")
        finally:
            fault.undo(self.lab, injection)
            self._event("heal_end")
            journal.note(injection.undo, "undone")
        self._event("heal_confirmed", evidence=fault.confirm_undone(self.lab))
        self._wait_steady("steady state after the heal")
        self._event("recovered")

    def _relative(self, done: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
        return {
            node: {key: at_s - self._zero_s for key, at_s in times.items() if at_s is not None}
            for node, times in done.items()
        }

    def _wait_steady(self, what: str) -> None:
        """Wait until every series was clean for a while and every component answers."""
        until_s = time.monotonic() + STEADY_TIMEOUT_S
        while evidence := self._unsteady():
            if time.monotonic() > until_s:
                raise NotConfirmedError(
                    f"{what} was not reached within {STEADY_TIMEOUT_S:g} s: {evidence}"
                )
            time.sleep(POLL_S)

    def _unsteady(self) -> str:
        if evidence := self._probers.unclean(CLEAN_S) or self._states.unsettled():
            return evidence
        try:
            return unhealthy(self.lab)
        except LabError as error:
            return str(error)

    def _event(self, kind: str, **fields: Any) -> None:
        self._history.event(time.monotonic() - self._zero_s, kind, **fields)

    def _leader(self, at_s: float, node: str, term: int) -> None:
        self._history.event(at_s - self._zero_s, "leader", node=node, term=term)

    def _state(self, at_s: float, kind: str, **fields: Any) -> None:
        if self._zero_s <= at_s < self._end_s:
            self._history.event(at_s - self._zero_s, kind, **fields)

    def _sample(self, sample: dict[str, Any]) -> None:
        """Write a sample that was scheduled in the trial, as soon as it is known."""
        if self._zero_s <= sample["scheduled_s"] < self._end_s:
            relative = {key: sample[key] - self._zero_s for key in TIMES}
            self._history.sample({**sample, **relative})

    def _operation(self, said: dict[str, Any]) -> None:
        relative = {key: said[key] - self._zero_s for key in ("invoke_s", "complete_s")}
        self._history.operation({**said, **relative})

    def _record(self, end_s: float) -> None:
        """End the trial: let its last probes be answered, and write what the agents know."""
        if math.isinf(self._zero_s):
            return
        self._end_s = end_s
        self._history.event(end_s - self._zero_s, "probing_end")
        time.sleep(LAST_PROBES_S)
        self._record_components()
        for worker, share in self._probers.cpu_shares().items():
            self._history.event(end_s - self._zero_s, "probe_cpu", worker=worker, cores=share)

    def _record_components(self) -> None:
        """Write which components exited and started in the trial, as their agents saw it."""
        for node in self.lab.plan.nodes:
            for event in self.lab.agent(node.name).call("events"):
                at_s = event.pop("at_s")
                if at_s >= self._zero_s:
                    self._history.event(at_s - self._zero_s, node=node.name, **event)
