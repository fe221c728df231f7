"""The steps of a trial that have begun: injections that run, and nodes that are not well again."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reports.locale.message import message

if TYPE_CHECKING:
    from collections.abc import Callable

    from chaos.faults.injection import Injection
    from chaos.targets import Target
    from reports.history.schema import StepRecord
    from reports.locale.message import Message


@dataclass(eq=False)
class RunningStep:
    """A step that has chosen its targets. An action has no injection.

    `begun_s`: monotonic, when it began to change anything. `returning`: all is well, and only the
    balancer does not use every master again. `acting` is held while it is being done, so that it is
    not undone meanwhile.
    """

    step: StepRecord
    targets: tuple[Target, ...]
    injection: Injection | None = None
    begun_s: float | None = None
    heal_begun: bool = False
    undone: bool = False
    confirmed: bool = False
    well: bool = False
    returning: bool = False
    recovered: bool = False
    acting: threading.Lock = field(default_factory=threading.Lock)

    @property
    def begun(self) -> bool:
        """Whether it has begun to change anything."""
        return self.begun_s is not None

    @property
    def nodes(self) -> frozenset[str]:
        """The nodes that it hit."""
        return frozenset(target.node for target in self.targets)


class RunningSteps:
    """All steps of a trial that have chosen their targets, in the order in which they did."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all: dict[str, RunningStep] = {}

    def claim(self, running: RunningStep, check: Callable[[], None]) -> None:
        """Take the targets of a step, unless `check` raises; no other step does so meanwhile.

        So two steps that begin at once do not choose the same targets.
        """
        with self._lock:
            check()
            self._all[running.step.id] = running

    def release(self, running: RunningStep) -> None:
        """Forget a step that was not injected."""
        with self._lock:
            self._all.pop(running.step.id, None)

    def __getitem__(self, step: str) -> RunningStep:
        return self._all[step]

    def all(self) -> list[RunningStep]:
        """Return every step that was not released, in the order of their claims."""
        return list(self._all.values())

    def injections(self) -> list[Injection]:
        """Return the injections that are begun and whose heal is not confirmed."""
        return [
            running.injection
            for running in self.all()
            if running.injection is not None and running.begun and not running.confirmed
        ]

    def unwell(self) -> list[RunningStep]:
        """Return the steps that are not undone, or whose nodes are not well again."""
        return [running for running in self.all() if not running.well]

    def any_in(self) -> bool:
        """Whether anything that was begun is not undone."""
        return any(running.begun and not running.undone for running in self.all())

    def hit_nodes(self, excluded: str) -> frozenset[str]:
        """Return the nodes that steps hit which are not undone, without an excluded step's."""
        rest = [
            running for running in self.all() if not running.undone and running.step.id != excluded
        ]
        return frozenset[str]().union(*(running.nodes for running in rest))

    def unrecovered_nodes(self, excluded: str) -> frozenset[str]:
        """Return the nodes that steps hit which have not recovered, without an excluded step's."""
        rest = [running for running in self.all() if running.begun and not running.recovered]
        nodes = (running.nodes for running in rest if running.step.id != excluded)
        return frozenset[str]().union(*nodes)

    @property
    def first_begun_s(self) -> float:
        """When the first step began to change anything; infinite while none has."""
        begun_s = [running.begun_s for running in self.all() if running.begun_s is not None]
        return min(begun_s, default=math.inf)

    def any_returning(self) -> bool:
        """Whether a step has not recovered only because the balancer leaves a master out."""
        return any(running.returning for running in self.all())

    def hits(self) -> dict[str, tuple[Target, ...]]:
        """Return step -> what it hit."""
        return {running.step.id: running.targets for running in self.all()}

    def unrecovered(self) -> Message | None:
        """Return which steps have begun and not recovered; None where there are none."""
        names = [
            running.step.id for running in self.all() if running.begun and not running.recovered
        ]
        return message("not-recovered-yet", steps=", ".join(names)) if names else None
