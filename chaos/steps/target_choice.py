"""The targets of a step, chosen when it is due: nodes that are well, and that may be hit now."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from chaos.errors import ChaosError, InputError, NoTargetError
from chaos.faults.registry import fault_of
from chaos.steps.actions.registry import action_kinds
from chaos.steps.running_steps import RunningStep
from chaos.target_parser import parse
from reports.locale.message import message

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chaos.steps.running_steps import RunningSteps
    from chaos.targets import Selector, Target
    from lab.lab import Lab
    from reports.history.schema import ExperimentRecord, StepRecord
    from reports.locale.message import Message

    # Why a step may not hit these nodes beside what is in or not well again; None when it may.
    Refusal = Callable[[StepRecord, frozenset[str], Sequence[RunningStep]], Message | None]

POLL_S = 0.1
# How long nodes of what is undone may take to be well again before a step is given up for them.
RECOVERY_S = 30.0


class NotChosenError(ChaosError):
    """A step was due, and nothing could be chosen or may be hit."""


class RecoveringError(NoTargetError):
    """Only nodes of what is undone already, and not well yet, keep a step from its targets."""


class TargetChoice:
    """Resolves the selectors of a trial's steps, each with a random source of its own.

    So the choice of a step does not depend on the order of two that overlap.
    """

    def __init__(
        self,
        lab: Lab,
        experiment: ExperimentRecord,
        chance: random.Random,
        refusal: Refusal,
        running: RunningSteps,
    ) -> None:
        self._lab = lab
        self._settings = experiment.settings
        self._refusal = refusal
        self._running = running
        self._chances = {
            step.id: random.Random(chance.randrange(2**32)) for step in experiment.steps
        }
        self._selectors: dict[str, Selector] = {}
        for step in experiment.steps:
            self._selectors[step.id] = parse(step.target, lab.plan, self._selectors)

    def choose(
        self, step: StepRecord, stopped: Callable[[], bool]
    ) -> tuple[RunningStep, tuple[Target, ...]]:
        """Choose the targets and those of the fault's other selectors, and claim them.

        There may be no leader at this moment: it waits for twice the time of an election or a
        lease; and what is undone may not be well yet. Raises NotChosenError.
        """
        selector = self._selectors[step.id]
        leases = selector.pick == "leading"
        timeout_s = self._settings["lease_duration_s" if leases else "election_s"]
        begun_s = time.monotonic()
        while True:
            try:
                return self._attempt(step, selector)
            except InputError as error:
                raise NotChosenError(error.message) from error
            except NoTargetError as error:
                least_s = RECOVERY_S if isinstance(error, RecoveringError) else 0.0
                if stopped() or time.monotonic() > begun_s + max(2 * timeout_s, least_s):
                    raise NotChosenError(error.message) from error
            time.sleep(POLL_S)

    def _attempt(
        self, step: StepRecord, selector: Selector
    ) -> tuple[RunningStep, tuple[Target, ...]]:
        unwell = self._running.unwell()
        # what only observes may do so from any node, and at any target
        harms = step.fault is not None or action_kinds()[step.action or ""].changes_cluster
        avoid = frozenset[str]().union(*(running.nodes for running in unwell if harms))
        chance, hits = self._chances[step.id], self._running.hits()
        targets = selector.resolve(self._lab, chance, avoid=avoid, hits=hits)
        others: tuple[Target, ...] = ()
        for text in self._other_selectors(step):
            other = parse(text, self._lab.plan, self._selectors)
            others += other.resolve(self._lab, chance, avoid=avoid, hits=hits)
        chosen = RunningStep(step, targets, undone=not harms, well=not harms)

        def check() -> None:
            if harms and self._running.unwell() != unwell:
                raise NoTargetError(message("others-changed-meanwhile"))
            if harms and (reason := self._refusal(step, chosen.nodes, unwell)):
                still_in = [running for running in unwell if not running.undone]
                refused_anyway = self._refusal(step, chosen.nodes, still_in)
                raise (NotChosenError if refused_anyway else RecoveringError)(reason)

        self._running.claim(chosen, check)
        return chosen, others

    def _other_selectors(self, step: StepRecord) -> list[str]:
        if step.fault is None:
            return []
        return list(fault_of(step.fault, step.parameters).selectors().values())
