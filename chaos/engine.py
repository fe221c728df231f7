"""One trial, from steady state to steady state: baseline, inject, hold, heal, recover."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Self

from chaos.errors import ChaosError, NotConfirmedError
from chaos.faults import Cut, Fault, Hang, Injection, Kill, PowerOff
from chaos.journal import Journal, new_undo
from chaos.leader import LeaderWatch
from chaos.probes.running import Probers
from chaos.probes.series import CLIENT_TIMEOUT_S, DEFAULT_SERIES
from chaos.targets import parse
from lab.errors import LabError

if TYPE_CHECKING:
    import random

    from chaos.experiment.schema import ExperimentSpec, FaultSpec
    from lab.lab import Lab
    from reports.history.writer import TrialWriter

STEADY_TIMEOUT_S = 40.0
BASELINE_S = 4.0
CLEAN_S = 3.0
HEARTBEAT_S = 2.0
# A prober whose probes start later than this was starved: its figures are its own, not the lab's.
MAX_LATE_S = 0.5


def choose(spec: FaultSpec, lab: Lab, chance: random.Random) -> Fault:
    """Resolve the targets against the running lab and make the fault."""
    targets = parse(spec.target, lab.plan).resolve(lab, chance)
    if spec.kind == "cut":
        others = parse(spec.others or "", lab.plan).resolve(lab, chance)
        return Cut(targets, others)
    kinds: dict[str, type[Kill | Hang | PowerOff]] = {
        "kill": Kill,
        "hang": Hang,
        "power-off": PowerOff,
    }
    return kinds[spec.kind](targets)


class Heartbeat:
    """Tells every agent that we live, from a thread of its own."""

    def __init__(self, lab: Lab) -> None:
        self._agents = [lab.agent(node.name) for node in lab.plan.nodes]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def _beat(self) -> None:
        while not self._stop.wait(HEARTBEAT_S):
            for agent in self._agents:
                try:
                    agent.call("hello")
                except LabError:
                    return  # the trial notices at its next request

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(HEARTBEAT_S + 5)


class Trial:
    """One execution of an experiment. `unknown_reason` says why its figures prove nothing."""

    def __init__(self, lab: Lab, experiment: ExperimentSpec, chance: random.Random) -> None:
        self.lab = lab
        self.experiment = experiment
        self.unknown_reason: str | None = None
        self.targets = ""
        self._chance = chance
        self._zero_s = 0.0

    def run(self, history: TrialWriter) -> None:
        """Run it and write all that was observed. The fault is undone however this ends."""
        with Heartbeat(self.lab), Probers(self.lab, DEFAULT_SERIES) as probers:
            try:
                self._wait_clean(probers, CLEAN_S, "steady state before the fault")
                self._zero_s = time.monotonic()
                history.event(0.0, "baseline_begin")
                with LeaderWatch(self.lab, lambda *seen: self._leader(history, *seen)):
                    time.sleep(BASELINE_S)
                    self._event(history, "steady")
                    self._break_and_heal(history, probers)
            except NotConfirmedError as error:
                self.unknown_reason = str(error)
            finally:
                end_s = time.monotonic()
                time.sleep(min(CLIENT_TIMEOUT_S, 1.5))  # let the last probes finish
                self._record(history, probers, end_s)

    def _break_and_heal(self, history: TrialWriter, probers: Probers) -> None:
        fault = choose(self.experiment.fault, self.lab, self._chance)
        self.targets = ", ".join(f"{t.node}/{t.component}" for t in fault.targets)  # type: ignore[attr-defined]
        injection = Injection(new_undo())
        journal = Journal(self.lab.directory)
        journal.note(injection.undo, "planned", fault=self.experiment.fault.kind, on=self.targets)
        try:
            self._event(history, "inject_begin", target=self.targets)
            done = fault.inject(self.lab, injection)
            self._event(history, "inject_end", nodes=self._relative(done))
            self._event(history, "effect_confirmed", evidence=fault.confirm(self.lab))
            time.sleep(self.experiment.hold_s)
            self._event(history, "heal_begin")
        finally:
            fault.undo(self.lab, injection)
            self._event(history, "heal_end")
            journal.note(injection.undo, "undone")
        self._event(history, "heal_confirmed", evidence=fault.confirm_undone(self.lab))
        self._wait_clean(probers, CLEAN_S, "steady state after the heal")
        self._event(history, "recovered")

    def _relative(self, done: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
        return {
            node: {key: at_s - self._zero_s for key, at_s in times.items() if at_s is not None}
            for node, times in done.items()
        }

    def _wait_clean(self, probers: Probers, window_s: float, what: str) -> None:
        until_s = time.monotonic() + STEADY_TIMEOUT_S
        while not probers.clean_for(window_s):
            if time.monotonic() > until_s:
                raise NotConfirmedError(f"{what} was not reached within {STEADY_TIMEOUT_S:g} s")
            time.sleep(0.2)

    def _event(self, history: TrialWriter, kind: str, **fields: Any) -> None:
        history.event(time.monotonic() - self._zero_s, kind, **fields)

    def _leader(self, history: TrialWriter, at_s: float, node: str, term: int) -> None:
        history.event(at_s - self._zero_s, "leader", node=node, term=term)

    def _record(self, history: TrialWriter, probers: Probers, end_s: float) -> None:
        if not self._zero_s:
            return
        latest_s = 0.0
        for sample in probers.samples(self._zero_s, end_s):
            latest_s = max(latest_s, sample["started_s"] - sample["scheduled_s"])
            times = ("scheduled_s", "started_s", "ended_s")
            history.sample({**sample, **{key: sample[key] - self._zero_s for key in times}})
        history.event(end_s - self._zero_s, "probe_late", max_late_ms=latest_s * 1000)
        if latest_s > MAX_LATE_S:
            self.unknown_reason = f"the prober was starved: {latest_s * 1000:.0f} ms late"


def run_trial(
    lab: Lab, experiment: ExperimentSpec, chance: random.Random, history: TrialWriter
) -> Trial:
    """Run one trial; a lab that breaks under it makes it unknown, not the run."""
    trial = Trial(lab, experiment, chance)
    try:
        trial.run(history)
    except (LabError, ChaosError) as error:
        trial.unknown_reason = str(error)
    return trial
