"""One trial: one execution of an experiment, from steady state to steady state."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from chaos.errors import ChaosError
from chaos.probes.series import DEADLINE_S
from chaos.steps.steady_state import STEADY_TIMEOUT_S, NotSteadyError, wait_steady
from lab.errors import LabError
from reports.history import events
from reports.history.schema import Doubt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from chaos.run.recorder import TrialRecorder
    from reports.history.events import Event
    from reports.history.final_state import FinalState

# A trial ends in a steady state, whose last probes are answered within the deadline.
LAST_PROBES_S = DEADLINE_S + 0.5
# Clients work on, so that reads see what was written before the last heal.
WORKED_ON_S = 1.0


class Load(Protocol):
    """Operations whose consistency is judged. Each raises ChaosError, LabError."""

    def finish(self) -> None:
        """Stop them, and record what was sent."""

    def final(self) -> FinalState:
        """Read what is there in the end."""


@dataclass(frozen=True)
class Parts:
    """What observes a lab and works on it during a trial. Moments are monotonic seconds.

    `around`: entered before the steady state is waited for, left after the last probe; `within`:
    from the baseline to the end of the last step, the operations' clients among them.
    `unclean`: the evidence against every series having been good in a last window of seconds;
    `unsteady`: against the steady state. `begun` hears when the trial begins, `components` tells
    what exited and started since then. `cpu_shares`: worker -> cores of its prober.
    """

    around: Sequence[AbstractContextManager[object]]
    within: Sequence[AbstractContextManager[object]]
    begun: Callable[[float], None]
    unclean: Callable[[float], str]
    unsteady: Callable[[], str]
    steps: Callable[[], None]
    load: Load | None
    components: Callable[[float], None]
    cpu_shares: Callable[[], Mapping[str, float]]


class Trial:
    """One execution. Whatever is in is undone however it ends."""

    def __init__(
        self,
        parts: Parts,
        recorder: TrialRecorder,
        final: Callable[[FinalState], None],
        baseline_s: float,
    ) -> None:
        self._parts = parts
        self._recorder = recorder
        self._final = final
        self._baseline_s = baseline_s
        self._doubt: Doubt | None = None
        self._steady_once = False

    def run(self) -> Doubt | None:
        """Run it, write all that was observed, and return why it proves less than it was to.

        A lab that breaks under it makes a doubt, not an error.
        """
        self._attempt(self._observe)
        return self._doubt

    def _attempt(self, part: Callable[[], None]) -> None:
        """Do a part of the trial; of what fails the first reason counts."""
        try:
            part()
        except (LabError, ChaosError) as error:
            if self._doubt is None:
                late = self._steady_once and isinstance(error, NotSteadyError)
                kind = "not-recovered" if late else "not-measured"
                self._doubt = Doubt(kind=kind, reason=str(error))
                self._event(events.GaveUp, str(error))

    def _observe(self) -> None:
        parts = self._parts
        with contextlib.ExitStack() as around:
            for part in parts.around:
                around.enter_context(part)
            wait_steady("steady state before the first step", parts.unsteady)
            self._recorder.begin(time.monotonic())
            parts.begun(self._recorder.zero_s)
            try:
                self._work()
            except BaseException:
                with contextlib.suppress(Exception):  # a full disk replaces no interrupt
                    self._end()
                raise
            self._end()

    def _work(self) -> None:
        parts = self._parts
        with contextlib.ExitStack() as within:
            for part in parts.within:
                within.enter_context(part)
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
        wait_steady("steady state after the last heal", self._parts.unsteady)
        self._event(events.SteadyAgain)
        if self._parts.load is not None:
            time.sleep(WORKED_ON_S)

    def _hold_baseline(self) -> None:
        """See every series good for a while; begin again when the lab or the machine was not.

        Nothing is broken yet, and a fault would prove nothing. The last probes of a baseline are
        still under way when it ends.
        """
        until_s = time.monotonic() + STEADY_TIMEOUT_S
        time.sleep(self._baseline_s)
        while evidence := self._parts.unclean(self._baseline_s - DEADLINE_S):
            if time.monotonic() > until_s:
                raise NotSteadyError(
                    f"a good baseline was not seen within {STEADY_TIMEOUT_S:g} s: {evidence}"
                )
            wait_steady("steady state before the first step", self._parts.unsteady)
            self._event(events.BaselineAgain, evidence)
            time.sleep(self._baseline_s)

    def _prove(self) -> None:
        assert self._parts.load is not None
        self._final(self._parts.load.final())

    def _end(self) -> None:
        """Let the last probes be answered, and write what the agents know."""
        recorder, end_s = self._recorder, time.monotonic()
        recorder.end(end_s)
        try:
            recorder.event(events.ProbingEnd(end_s))
            time.sleep(LAST_PROBES_S)
            self._attempt(lambda: self._parts.components(recorder.zero_s))
            for worker, cores in self._parts.cpu_shares().items():
                recorder.event(events.ProbeCpu(end_s, worker, cores))
        finally:
            recorder.close()

    def _event(self, kind: Callable[..., Event], *about: str) -> None:
        self._recorder.event(kind(time.monotonic(), *about))
