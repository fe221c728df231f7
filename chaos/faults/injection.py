"""An execution of a fault: observers chosen, journalled, put in, confirmed, undone, confirmed."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from chaos.consent import check_consent
from chaos.errors import MaskedError, NotConfirmedError, SwitchFiredError
from chaos.faults.observer import (
    PATIENCE_S,
    NotSeenError,
    dial_checks,
    first_observer,
    no_observer,
    possible_observers,
    wait_for_outcomes,
)
from chaos.faults.requests import Requests
from chaos.journal import Journal, new_undo
from lab.afterwards import afterwards
from reports.locale.message import joined, message

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from concurrent.futures import Future

    from chaos.faults.base import ExpectedEffect, Fault
    from chaos.faults.observer import DialCheck
    from chaos.faults.requests import Owner
    from chaos.targets import Target
    from lab.lab import Lab
    from reports.locale.message import Message

CONFIRM_TIMEOUT_S = 5.0
# For an effect that is looked for from before the injection on.
PASSING_TIMEOUT_S = 10.0


class Injection:
    """An execution of a fault on resolved targets; its undo is in the journal before it is in.

    `running` returns the injections that were begun and whose heal is not confirmed, this one
    among them or not. Raises InputError when the fault is impossible on these targets.
    """

    def __init__(
        self,
        lab: Lab,
        identity: str,
        fault: Fault,
        targets: tuple[Target, ...],
        others: tuple[Target, ...] = (),
        *,
        owner: Owner = "channel",
        for_s: float | None = None,
        running: Callable[[], Sequence[Injection]] = tuple,
    ) -> None:
        check_consent(lab.plan.spec)
        self.id = identity
        self.fault = fault
        self.targets = targets
        self.hit = [str(target) for target in targets]
        self.undo = new_undo()
        self.fault_plan = fault.plan(lab.plan, targets, others, self.undo)
        self._requests = Requests(lab, self.fault_plan.requests, self.undo, owner, for_s)
        self.nodes = self._requests.nodes
        self._lab = lab
        self._running = running
        self._before: list[Injection] = []  # in effect before this one
        self._observers: dict[ExpectedEffect, str] | None = None
        self._hidden: MaskedError | None = None
        self._passed: Future[Message] | None = None
        self._fired: list[str] = []  # nodes whose dead man's switch undid it first
        self._begun = False
        self.in_effect = False

    @property
    def touched(self) -> frozenset[str]:
        """The nodes that it acts on."""
        return frozenset(self.nodes)

    def choose_observers(self) -> None:
        """Choose an observer of each target: a node that sees it unbroken now. `begin` does it too.

        Raises NotConfirmedError when there is none and no other injection hides the target: the
        effect of the fault could not be observed then.
        """
        others = self._others()
        self._before = [other for other in others if other.in_effect]
        effects = self.fault_plan.effects

        def find(effect: ExpectedEffect) -> tuple[str, Message]:
            # what another injection hides is not waited for
            hidden = _touching(others, {effect.target.node, effect.observer})
            observers = self._may_observe(effect, others)
            return first_observer(self._lab, effect.target, observers, 0 if hidden else PATIENCE_S)

        with ThreadPoolExecutor(len(effects)) as pool:
            looks = list(zip(effects, pool.map(find, effects), strict=True))
        observers = {effect: observer for effect, (observer, _) in looks if observer}
        watched = {effect.target for effect in observers}
        for effect, (observer, evidence) in looks:
            by = _touching(others, {effect.target.node, effect.observer}) or _ids(others)
            # an observer that is cut off itself is not needed where another one sees the target
            if not observer and not (by and effect.target in watched):
                hidden = _not_seen(by, message("never-unbroken", evidence=evidence))
                if not isinstance(hidden, MaskedError):
                    raise hidden
                self._hidden = hidden
        self._observers = observers

    def begin(self) -> dict[str, dict[str, float]]:
        """Journal the undo, then put the fault in; return node -> {sent_s, gone_s}, monotonic.

        Raises LabError (a part may be in then; `end` undoes it), NotConfirmedError (no observer).
        """
        if self._observers is None:
            self.choose_observers()
        Journal(self._lab.directory).note(self.undo, "planned", fault=self.fault.kind, hit=self.hit)
        self._begun = True
        if self.fault_plan.simultaneous:
            self._requests.prepare()
        with ThreadPoolExecutor(1) as pool:
            if self.fault_plan.passes:  # it may be over before `confirm` could look
                self._passed = pool.submit(self._look, PASSING_TIMEOUT_S)
            times = self._requests.inject()
        self.in_effect = True
        return times

    def confirm(self) -> Message:
        """Wait until the effect is observed; return the evidence.

        Raises MaskedError when other injections hide it, NotConfirmedError.
        """
        if self._hidden:
            raise self._hidden
        try:
            evidence = self._passed.result() if self._passed else self._look(CONFIRM_TIMEOUT_S)
        except NotSeenError as error:
            by = [] if error.outcome == "answered" else self._begun_meanwhile(error.check.nodes)
            raise _not_seen(by, error.message) from error
        # a timeout may come from another injection, which has cut off the observer or the target
        silent = [check for check in self._checks() if check.wanted == "timeout"]
        timed_out = {name for check in silent for name in check.nodes}
        if by := self._begun_meanwhile(timed_out):
            raise MaskedError(by, evidence)
        return evidence

    def end(self) -> None:
        """Take it back on every node; idempotent. A node that fails stops no other.

        Raises NotConfirmedError with every failure, SwitchFiredError when it was undone before.
        """
        if not self._begun:
            return
        errors, fired = self._requests.heal()
        self._fired += [node for node in fired if node not in self._fired]
        if errors:
            raise NotConfirmedError(message("undo-failed", errors=joined(*errors)))
        Journal(self._lab.directory).note(self.undo, "undone")
        if self._fired:
            raise SwitchFiredError(self._fired)

    def confirm_undone(self) -> Message:
        """Wait until every target answers again; return the evidence. May be called again.

        Raises MaskedError while others run: what was started again may wait for something that
        they keep down, hit or not. NotConfirmedError when no others run. AgentLostError.
        """
        checks = [
            check
            for effect in self.fault_plan.effects
            if effect.wanted != "answered"
            for check in dial_checks(
                self._lab.plan, self._observer_afterwards(effect), effect.target, "answered"
            )
        ]
        try:
            return wait_for_outcomes(self._lab, checks, self._lab.plan.restart_timeout_s)
        except NotSeenError as error:
            raise _not_seen(_ids(self._others()), error.message) from error

    def _checks(self) -> list[DialCheck]:
        return [
            check
            for effect, observer in (self._observers or {}).items()
            for check in dial_checks(self._lab.plan, observer, effect.target, effect.wanted)
        ]

    def _look(self, timeout_s: float) -> Message:
        return wait_for_outcomes(self._lab, self._checks(), timeout_s)

    def _others(self) -> list[Injection]:
        return [other for other in self._running() if other is not self]

    def _may_observe(self, effect: ExpectedEffect, others: Sequence[Injection]) -> list[str]:
        hit = {target.node for target in self.targets}
        touched = frozenset().union(*(other.touched for other in others))
        return possible_observers(self._lab.plan, effect, hit, touched)

    def _begun_meanwhile(self, nodes: Collection[str]) -> list[str]:
        """Return the injections that touch these nodes and began after the observers' choice."""
        return _touching([other for other in self._others() if other not in self._before], nodes)

    def _observer_afterwards(self, effect: ExpectedEffect) -> str:
        """Return the observer, unless something has hit it since; then another that may observe."""
        observer = (self._observers or {}).get(effect, "")
        if observer and not self._begun_meanwhile({observer}):
            return observer
        free = self._may_observe(effect, self._others()) or self._may_observe(effect, ())
        if not free:
            raise NotConfirmedError(no_observer(effect.target))
        return free[0]


def _ids(injections: Sequence[Injection]) -> list[str]:
    return [injection.id for injection in injections]


def _touching(injections: Sequence[Injection], nodes: Collection[str]) -> list[str]:
    return _ids([injection for injection in injections if injection.touched.intersection(nodes)])


def _not_seen(by: Sequence[str], evidence: Message) -> NotConfirmedError:
    return MaskedError(by, evidence) if by else NotConfirmedError(evidence)


@contextlib.contextmanager
def injected(injection: Injection) -> Iterator[Message]:
    """Put a fault in, yield the evidence, and take it back however the block ends.

    What fails in the undo is a note on the error that ended the block.
    """
    with afterwards(injection.end):
        injection.begin()
        yield injection.confirm()
