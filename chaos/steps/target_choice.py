"""Whom a step hits, chosen when it is due: nodes that are well, and that may be hit now."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from chaos.errors import ChaosError, InputError, NoTargetError
from chaos.faults.registry import fault_of
from chaos.steps.actions.registry import actions
from chaos.steps.running_injections import Ongoing
from chaos.targets import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chaos.steps.running_injections import Register
    from chaos.targets import Selector, Target
    from lab.lab import Lab
    from reports.history.schema import ExperimentRecord, StepRecord

    # Why a step may not hit these nodes beside what is in or not well again; "" when it may.
    Refusal = Callable[[StepRecord, frozenset[str], Sequence[Ongoing]], str]

POLL_S = 0.1
# How long what is undone may take to be well again before it keeps a step from hitting a node.
RECOVERY_S = 30.0


class NotChosenError(ChaosError):
    """A step was due, and nothing could be chosen or may be hit."""


class RecoveringError(NoTargetError):
    """Only what is undone already, and not well yet, keeps a step from hitting its targets."""


class Choosing:
    """Resolves the selectors of a trial's steps, each with a random source of its own.

    So what one chooses does not depend on which of two that overlap comes first.
    """

    def __init__(
        self,
        lab: Lab,
        experiment: ExperimentRecord,
        chance: random.Random,
        refusal: Refusal,
        register: Register,
    ) -> None:
        self._lab = lab
        self._settings = experiment.settings
        self._refusal = refusal
        self._register = register
        self._chances = {
            step.id: random.Random(chance.randrange(2**32)) for step in experiment.steps
        }
        self._selectors: dict[str, Selector] = {}
        for step in experiment.steps:
            self._selectors[step.id] = parse(step.target, lab.plan, self._selectors)

    def choose(
        self, step: StepRecord, stopped: Callable[[], bool]
    ) -> tuple[Ongoing, tuple[Target, ...]]:
        """Choose the targets and those of the fault's other selectors, and claim them.

        Nobody may lead at this moment: that is waited for, twice as long as an election or a lease
        may take; and what is undone may not be well yet. Raises NotChosenError.
        """
        selector = self._selectors[step.id]
        leases = selector.pick == "leading"
        timeout_s = self._settings["lease_duration_s" if leases else "election_s"]
        begun_s = time.monotonic()
        while True:
            try:
                return self._attempt(step, selector)
            except InputError as error:
                raise NotChosenError(str(error)) from error
            except NoTargetError as error:
                least_s = RECOVERY_S if isinstance(error, RecoveringError) else 0.0
                if stopped() or time.monotonic() > begun_s + max(2 * timeout_s, least_s):
                    raise NotChosenError(str(error)) from error
            time.sleep(POLL_S)

    def _attempt(self, step: StepRecord, selector: Selector) -> tuple[Ongoing, tuple[Target, ...]]:
        unwell = self._register.unwell()
        # who only looks may look from anywhere, and at anything
        harms = step.fault is not None or actions()[step.action or ""].changes_cluster
        avoid = frozenset[str]().union(*(one.nodes for one in unwell if harms))
        chance, hits = self._chances[step.id], self._register.hits()
        targets = selector.resolve(self._lab, chance, avoid=avoid, hits=hits)
        others: tuple[Target, ...] = ()
        for text in self._other_selectors(step):
            far = parse(text, self._lab.plan, self._selectors)
            others += far.resolve(self._lab, chance, avoid=avoid, hits=hits)
        chosen = Ongoing(step, targets, undone=not harms, well=not harms)

        def check() -> None:
            if harms and self._register.unwell() != unwell:
                raise NoTargetError("something else was begun or ended meanwhile")
            if harms and (reason := self._refusal(step, chosen.nodes, unwell)):
                still_in = [one for one in unwell if not one.undone]
                final = self._refusal(step, chosen.nodes, still_in)
                raise (NotChosenError if final else RecoveringError)(reason)

        self._register.claim(chosen, check)
        return chosen, others

    def _other_selectors(self, step: StepRecord) -> list[str]:
        if step.fault is None:
            return []
        return list(fault_of(step.fault, step.parameters).selectors().values())
