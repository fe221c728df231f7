"""What is done when a step is due, and what is written of it."""

from __future__ import annotations

import contextlib
import functools
import threading
import time
from typing import TYPE_CHECKING, Self

from chaos.errors import ChaosError, InputError, MaskedError, NotConfirmedError, SwitchFiredError
from chaos.faults.injection import Injection
from chaos.faults.registry import fault_of
from chaos.steps.actions.base import Scene
from chaos.steps.actions.registry import action_of
from chaos.steps.steady_state import NotSteadyError, wait_steady
from chaos.steps.target_choice import NotChosenError
from lab.errors import LabError
from lab.health import unwell
from reports.history import events

if TYPE_CHECKING:
    from collections.abc import Callable

    from chaos.steps.rejoin import Rejoining
    from chaos.steps.running_injections import Ongoing, Register
    from chaos.steps.target_choice import Choosing
    from chaos.steps.timeline import Tell
    from chaos.targets import Target
    from lab.lab import Lab
    from reports.history.events import Event
    from reports.history.schema import StepRecord

# Of one undo on an interrupt; the agents undo by themselves what nobody could reach.
UNDO_TIMEOUT_S = 10.0
# Of looking after what was hit: whether it is well, and everything good again.
POLL_S = 0.5


class LabActs:
    """Acts on a lab, from entry to exit. `event` takes absolute monotonic seconds.

    `rejoins`: whether a heal is over only when all members have the same data. `unsteady`: the
    evidence against the steady state; `unclean`: against every series having been good for a while
    since a moment.
    """

    def __init__(
        self,
        lab: Lab,
        choosing: Choosing,
        register: Register,
        rejoining: Rejoining,
        event: Callable[[Event], None],
        *,
        rejoins: bool,
        unsteady: Callable[[], str],
        unclean: Callable[[float], str],
    ) -> None:
        self._lab = lab
        self._choosing = choosing
        self._register = register
        self._rejoining = rejoining
        self._event = event
        self._rejoins = rejoins
        self._unsteady = unsteady
        self._unclean = unclean
        self._stop = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()

    def _note(self, kind: Callable[..., Event], *about: object) -> None:
        self._event(kind(time.monotonic(), *about))

    def begin(self, step: StepRecord, tell: Tell) -> None:
        """Do what the step is, as far as anything can be chosen for it."""
        if step.settle:
            wait_steady(f"steady state before {step.id}", self._unsteady)
        try:
            one, others = self._choosing.choose(step, self._stop.is_set)
        except NotChosenError as error:
            self._not_injected(step, error, tell)
            return
        if step.fault is None:
            self._act(one, tell)
        else:
            self._inject(one, others, tell)

    def _not_injected(self, step: StepRecord, reason: ChaosError, tell: Tell) -> None:
        if not self._stop.is_set():
            self._note(events.NotInjected, step.id, str(reason))
        tell(step.id, "ended_s")

    def _inject(self, one: Ongoing, others: tuple[Target, ...], tell: Tell) -> None:
        step, running = one.step, self._register.running
        fault = fault_of(step.fault or "", step.parameters)
        try:
            injection = Injection(self._lab, step.id, fault, one.targets, others, running=running)
            injection.look()
        except (InputError, NotConfirmedError) as error:
            self._register.release(one)
            self._not_injected(step, error, tell)
            return
        with one.acting:
            if self._stop.is_set():
                return
            begun_s, hit, nodes = time.monotonic(), injection.hit, injection.nodes
            one.injection, one.begun_s = injection, begun_s
            self._event(events.InjectBegin(begun_s, step.id, fault.kind, hit, nodes))
            tell(step.id, "begun_s", begun_s)
            done = injection.begin()
        self._note(events.InjectEnd, step.id, done)
        try:
            self._note(events.EffectConfirmed, step.id, injection.confirm())
        except MaskedError as error:
            self._note(events.EffectMasked, step.id, error.by, error.evidence)
        tell(step.id, "held_s")

    def _act(self, one: Ongoing, tell: Tell) -> None:
        step, hit = one.step, [str(target) for target in one.targets]

        def event(event: Event) -> None:
            if isinstance(event, events.InjectBegin):
                one.begun_s = event.t_s
                tell(step.id, "begun_s", event.t_s)
            self._event(event)

        with one.acting:
            if self._stop.is_set():
                return
            self._note(events.ActionBegin, step.id, step.action, hit)
        hit_by_others = functools.partial(self._register.hit_nodes, step.id)
        scene = Scene(self._lab, step.id, event, self._rejoining, hit_by_others)
        action_of(step.action or "", step.parameters).run(scene, one.targets)
        self._note(events.ActionEnd, step.id)
        one.undone = True
        self._gone(one, tell)

    def heal(self, step: StepRecord, tell: Tell) -> None:
        """Undo it at once, and see it gone."""
        one = self._register[step.id]
        revision = self._rejoining.acknowledged() if self._rejoins else 0
        self._undo(one)
        tell(step.id, "healed_s")
        if self._rejoins:
            self._rejoining.wait(step.id, one.nodes, revision, self._stop.is_set)
        self.look(step, tell)

    def look(self, step: StepRecord, tell: Tell) -> None:
        """See it gone; what others hide is looked at again when they are undone."""
        one = self._register[step.id]
        assert one.injection is not None
        # before the look, which takes its time: what was undone meanwhile may have hidden it
        others_in = self._register.any_in()
        try:
            evidence = one.injection.confirm_undone()
        except NotConfirmedError as error:
            if not others_in:
                raise NotSteadyError(str(error)) from error
            tell(step.id, "hidden_s")
            return
        self._note(events.HealConfirmed, step.id, evidence)
        self._gone(one, tell)

    def _undo(self, one: Ongoing) -> None:
        """Take an injection back, once. Raises NotConfirmedError."""
        with one.acting:
            if one.undone or one.injection is None:
                return
            if not one.heal_begun:
                one.heal_begun = True
                with contextlib.suppress(OSError):  # a full disk keeps no fault in
                    self._note(events.HealBegin, one.step.id)
            try:
                one.injection.end()
            except SwitchFiredError as error:
                one.undone = True
                self._note(events.SwitchFired, one.step.id, error.nodes)
                raise
            one.undone = True
            self._note(events.HealEnd, one.step.id)

    def _gone(self, one: Ongoing, tell: Tell) -> None:
        """Let go of the nodes when they are well, and write when nothing is left of it."""
        one.confirmed, gone_s = True, time.monotonic()
        tell(one.step.id, "ended_s", gone_s)
        self._look_after(one, gone_s)
        while not one.recovered and not self._stop.wait(POLL_S):
            self._look_after(one, gone_s)

    def _look_after(self, one: Ongoing, gone_s: float) -> None:
        one.well = one.well or not self._sick(one)
        recovered = one.well and not (one.begun and self._unclean(gone_s))
        if recovered and one.begun:
            self._note(events.Recovered, one.step.id)
        one.recovered = recovered  # not before it is written: the trial may end then

    def _sick(self, one: Ongoing) -> str:
        try:
            return next(filter(None, (unwell(self._lab, node) for node in one.nodes)), "")
        except LabError as error:
            return str(error)

    def undo_all(self) -> None:
        """Undo all that is in, newest first, each within a bounded time.

        What fails or takes too long stops no other: its agents undo it with the end of the lab.
        """
        self._stop.set()
        for one in sorted(self._register.all(), key=lambda one: one.begun_s or 0.0, reverse=True):
            thread = threading.Thread(target=self._undo_quietly, args=(one,), daemon=True)
            thread.start()
            thread.join(UNDO_TIMEOUT_S)

    def _undo_quietly(self, one: Ongoing) -> None:
        # ValueError: it took so long that what is written has been closed
        with contextlib.suppress(OSError, ValueError):
            try:
                self._undo(one)
            except (LabError, ChaosError) as error:
                self._note(events.GaveUp, f"{one.step.id} was not undone: {error}")
