"""A trial: an execution of an experiment, from steady state to steady state."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from chaos.errors import ChaosError, message_of
from chaos.probes.series import DEADLINE_S
from chaos.steps.steady_state import NotSteadyError, wait_steady
from lab.afterwards import afterwards, entered
from lab.errors import LabError
from reports.history import events
from reports.history.schema import Doubt
from reports.locale.message import message

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from chaos.run.recorder import TrialRecorder
    from chaos.steps.steady_state import Clock
    from reports.history.events import Event
    from reports.history.final_state import FinalState
    from reports.locale.message import Message

# A cluster that was made just now, and a machine that does other work, may need that long.
BASELINE_TIMEOUT_S = 120.0
# A trial ends in a steady state, whose last probes are answered within the deadline.
LAST_PROBES_S = DEADLINE_S + 0.5
# Clients work on, so that reads see what was written before the last heal.
WORKED_ON_S = 1.0


class Load(Protocol):
    """Operations whose consistency is judged. Each raises ChaosError, LabError."""

    def finish(self) -> None:
        """Stop them, and record what was sent."""

    def final_state(self) -> FinalState:
        """Read the state of the store in the end."""


@dataclass(frozen=True)
class Parts:
    """What observes a lab and works on it during a trial. Moments are monotonic seconds.

    `around`: entered before the steady state is waited for, left after the last probe; `within`:
    from the baseline to the end of the last step, the operations' clients among them.
    `unclean` returns the evidence against every series having been good in a last window of
    seconds; `unsteady` that against the steady state; `returning`: a step has not recovered only
    because the balancer leaves a master out. `begun` is called when the trial begins, `components`
    reports what exited and started since then. `cpu_shares`: worker -> cores of its
    prober; `in_use`: the share of this machine's processors. `steady_timeout_s`: within which a
    steady state is reached.
    """

    around: Sequence[AbstractContextManager[object]]
    within: Sequence[AbstractContextManager[object]]
    begun: Callable[[float], None]
    unclean: Callable[[float], Message | None]
    unsteady: Callable[[], Message | None]
    returning: Callable[[], bool]
    steps: Callable[[], None]
    load: Load | None
    components: Callable[[float], None]
    cpu_shares: Callable[[], Mapping[str, float]]
    in_use: Callable[[], float]
    steady_timeout_s: float


class Trial:
    """One execution. Every fault is undone, however it ends."""

    def __init__(
        self,
        parts: Parts,
        recorder: TrialRecorder,
        save_final_state: Callable[[FinalState], None],
        baseline_s: float,
        clock: Clock = time,
    ) -> None:
        self._parts = parts
        self._recorder = recorder
        self._save_final_state = save_final_state
        self._baseline_s = baseline_s
        self._clock = clock
        self._doubt: Doubt | None = None
        self._steady_once = False

    def run(self) -> Doubt | None:
        """Run it, write all that was observed, and return why it proves less than it was to.

        A lab that breaks under it makes a doubt, not an error. Raises OSError where something could
        not be written.
        """
        self._attempt(self._observe)
        self._recorder.check()
        return self._doubt

    def _attempt(self, part: Callable[[], None]) -> None:
        """Do a part of the trial; the first failure is the trial's doubt."""
        try:
            part()
        except (LabError, ChaosError) as error:
            if self._doubt is None:
                late = self._steady_once and isinstance(error, NotSteadyError)
                kind = "not-recovered" if late else "not-measured"
                self._doubt = Doubt(kind=kind, reason=message_of(error))
                self._event(events.GaveUp, self._doubt.reason)

    def _observe(self) -> None:
        parts = self._parts
        with contextlib.ExitStack() as around:
            for part in parts.around:
                around.enter_context(entered(part))
            wait_steady(
                message("steady-before-first"), parts.unsteady, parts.steady_timeout_s, self._clock
            )
            self._recorder.begin(self._clock.monotonic())
            parts.begun(self._recorder.zero_s)
            with afterwards(self._end):
                self._work()

    def _work(self) -> None:
        parts = self._parts
        with contextlib.ExitStack() as within:
            for part in parts.within:
                within.enter_context(entered(part))
            self._attempt(self._take_steps)
            if parts.load is not None:
                # the end is proved, whatever became of the steps
                self._attempt(parts.load.finish)
                self._attempt(self._prove)

    def _take_steps(self) -> None:
        # not before: clients that start take processors for a second or two
        self._event(events.BaselineBegin)
        self._hold_baseline()
        self._event(events.Steady)
        self._steady_once = True
        self._parts.steps()
        state, parts = message("steady-after-last"), self._parts
        wait_steady(state, parts.unsteady, parts.steady_timeout_s, self._clock, parts.returning)
        self._event(events.SteadyAgain)
        if self._parts.load is not None:
            self._clock.sleep(WORKED_ON_S)

    def _hold_baseline(self) -> None:
        """Observe every series good for a while; begin again when the lab or the machine was not.

        No fault is in yet, and none would prove anything after a bad baseline. The last probes of
        a baseline are still under way when it ends.
        """
        clock = self._clock
        until_s = clock.monotonic() + BASELINE_TIMEOUT_S
        clock.sleep(self._baseline_s)
        while evidence := self._parts.unclean(self._baseline_s - DEADLINE_S):
            if clock.monotonic() > until_s:
                raise NotSteadyError(
                    message("no-good-baseline", timeout_s=BASELINE_TIMEOUT_S, evidence=evidence)
                )
            before = message("steady-before-first")
            wait_steady(before, self._parts.unsteady, self._parts.steady_timeout_s, clock)
            self._event(events.BaselineAgain, evidence)
            clock.sleep(self._baseline_s)

    def _prove(self) -> None:
        assert self._parts.load is not None
        self._save_final_state(self._parts.load.final_state())

    def _end(self) -> None:
        """Wait for the answers to the last probes, and write the events of the agents."""
        recorder, end_s = self._recorder, self._clock.monotonic()
        recorder.end(end_s)
        with afterwards(recorder.close):
            recorder.event(events.ProbingEnd(end_s))
            self._clock.sleep(LAST_PROBES_S)
            self._attempt(lambda: self._parts.components(recorder.zero_s))
            for worker, cores in self._parts.cpu_shares().items():
                recorder.event(events.ProbeCpu(end_s, worker, cores))
            recorder.event(events.MachineCpu(end_s, self._parts.in_use()))

    def _event(self, kind: Callable[..., Event], *about: Message) -> None:
        self._recorder.event(kind(self._clock.monotonic(), *about))
