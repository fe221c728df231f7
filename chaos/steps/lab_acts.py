"""What is done on a lab when a step is due, and the events of it."""

from __future__ import annotations

import contextlib
import functools
import threading
import time
from typing import TYPE_CHECKING, Self

from chaos.errors import (
    ChaosError,
    InputError,
    MaskedError,
    NotConfirmedError,
    SwitchFiredError,
    message_of,
)
from chaos.faults.injection import Injection
from chaos.faults.registry import fault_of
from chaos.steps.actions.base import ActionContext
from chaos.steps.actions.registry import action_of
from chaos.steps.steady_state import NotSteadyError, steady_timeout_s, wait_steady
from chaos.steps.target_choice import NotChosenError
from lab.errors import LabError
from reports.history import events
from reports.locale.message import message

if TYPE_CHECKING:
    from collections.abc import Callable

    from chaos.steps.recovery import Recovery
    from chaos.steps.rejoin import Rejoining
    from chaos.steps.running_steps import RunningStep, RunningSteps
    from chaos.steps.steady_state import Evidence
    from chaos.steps.target_choice import TargetChoice
    from chaos.steps.timeline import Notify
    from chaos.targets import Target
    from lab.lab import Lab
    from reports.history.events import Event
    from reports.history.schema import StepRecord

# Of each undo on an interrupt; agents that cannot be reached undo by themselves.
UNDO_TIMEOUT_S = 10.0


class LabActs:
    """Acts on a lab, from entry to exit. `event` takes absolute monotonic seconds.

    `rejoins`: whether a heal is over only when all members have the same data. `unsteady` returns
    the evidence against the steady state.
    """

    def __init__(
        self,
        lab: Lab,
        choice: TargetChoice,
        running: RunningSteps,
        rejoining: Rejoining,
        event: Callable[[Event], None],
        *,
        rejoins: bool,
        unsteady: Evidence,
        recovery: Recovery,
    ) -> None:
        self._lab = lab
        self._choice = choice
        self._running = running
        self._rejoining = rejoining
        self._event = event
        self._rejoins = rejoins
        self._unsteady = unsteady
        self._recovery = recovery
        self._stop = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()

    def _note(self, kind: Callable[..., Event], *about: object) -> None:
        self._event(kind(time.monotonic(), *about))

    def begin(self, step: StepRecord, notify: Notify) -> None:
        """Do what the step is, as far as anything can be chosen for it."""
        if step.settle:
            state, returning = (
                message("steady-before-step", step=step.id),
                self._running.any_returning,
            )
            timeout_s = steady_timeout_s(self._lab.plan)
            wait_steady(state, self._unsteady, timeout_s, returning=returning)
        try:
            running, others = self._choice.choose(step, self._stop.is_set)
        except NotChosenError as error:
            self._not_injected(step, error, notify)
            return
        if step.fault is None:
            self._act(running, notify)
        else:
            self._inject(running, others, notify)

    def _not_injected(self, step: StepRecord, reason: ChaosError, notify: Notify) -> None:
        if not self._stop.is_set():
            self._note(events.NotInjected, step.id, reason.message)
        notify(step.id, "ended_s")

    def _inject(self, running: RunningStep, others: tuple[Target, ...], notify: Notify) -> None:
        step = running.step
        fault = fault_of(step.fault or "", step.parameters)
        try:
            injection = Injection(
                *(self._lab, step.id, fault, running.targets, others),
                running=self._running.injections,
            )
            injection.choose_observers()
        except (InputError, NotConfirmedError) as error:
            self._running.release(running)
            self._not_injected(step, error, notify)
            return
        with running.acting:
            if self._stop.is_set():
                return
            begun_s, hit, nodes = time.monotonic(), injection.hit, injection.nodes
            running.injection, running.begun_s = injection, begun_s
            self._event(events.InjectBegin(begun_s, step.id, fault.kind, hit, nodes))
            notify(step.id, "begun_s", begun_s)
            done = injection.begin()
        self._note(events.InjectEnd, step.id, done)
        try:
            self._note(events.EffectConfirmed, step.id, injection.confirm())
        except MaskedError as error:
            self._note(events.EffectMasked, step.id, error.by, error.evidence)
        notify(step.id, "held_s")

    def _act(self, running: RunningStep, notify: Notify) -> None:
        step, hit = running.step, [str(target) for target in running.targets]

        def event(event: Event) -> None:
            if isinstance(event, events.InjectBegin):
                running.begun_s = event.t_s
                notify(step.id, "begun_s", event.t_s)
            self._event(event)

        with running.acting:
            if self._stop.is_set():
                return
            self._note(events.ActionBegin, step.id, step.action, hit)
        hit_by_others = functools.partial(self._running.hit_nodes, step.id)
        context = ActionContext(self._lab, step.id, event, self._rejoining, hit_by_others)
        action_of(step.action or "", step.parameters).run(context, running.targets)
        self._note(events.ActionEnd, step.id)
        running.undone = True
        self._gone(running, notify)

    def heal(self, step: StepRecord, notify: Notify) -> None:
        """Undo it at once, and observe that it is gone."""
        running = self._running[step.id]
        revision = self._rejoining.acknowledged() if self._rejoins else 0
        self._undo(running)
        notify(step.id, "healed_s")
        if self._rejoins:
            self._rejoining.wait(step.id, running.nodes, revision, self._stop.is_set)
        self.look(step, notify)

    def look(self, step: StepRecord, notify: Notify) -> None:
        """Observe that it is gone; what others hide is observed again when they are undone."""
        running = self._running[step.id]
        assert running.injection is not None
        # before the look, which takes its time: what was undone meanwhile may have hidden it
        others_in = self._running.any_in()
        try:
            evidence = running.injection.confirm_undone()
        except NotConfirmedError as error:
            if not others_in:
                raise NotSteadyError(error.message) from error
            notify(step.id, "hidden_s")
            return
        self._note(events.HealConfirmed, step.id, evidence)
        self._gone(running, notify)

    def _undo(self, running: RunningStep) -> None:
        """Take an injection back, once. Raises NotConfirmedError."""
        with running.acting:
            if running.undone or running.injection is None:
                return
            if not running.heal_begun:
                running.heal_begun = True
                with contextlib.suppress(OSError):  # a full disk keeps no fault in
                    self._note(events.HealBegin, running.step.id)
            try:
                running.injection.end()
            except SwitchFiredError as error:
                running.undone = True
                self._note(events.SwitchFired, running.step.id, error.nodes)
                raise
            running.undone = True
            self._note(events.HealEnd, running.step.id)

    def _gone(self, running: RunningStep, notify: Notify) -> None:
        """Let what comes after the step begin, and observe until it has recovered."""
        running.confirmed, gone_s = True, time.monotonic()
        notify(running.step.id, "ended_s", gone_s)
        self._recovery.watch(running, gone_s, self._stop)

    def undo_all(self) -> None:
        """Undo all that is in, newest first, each within a bounded time.

        An undo that fails or takes too long stops no other: the agents do it when the lab ends.
        """
        self._stop.set()
        steps = sorted(self._running.all(), key=lambda step: step.begun_s or 0.0, reverse=True)
        for running in steps:
            thread = threading.Thread(target=self._undo_quietly, args=(running,), daemon=True)
            thread.start()
            thread.join(UNDO_TIMEOUT_S)

    def _undo_quietly(self, running: RunningStep) -> None:
        # ValueError: it took so long that the history has been closed
        with contextlib.suppress(OSError, ValueError):
            try:
                self._undo(running)
            except (LabError, ChaosError) as error:
                reason = message("step-not-undone", step=running.step.id, reason=message_of(error))
                self._note(events.GaveUp, reason)
