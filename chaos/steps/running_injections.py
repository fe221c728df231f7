"""What is in a cluster at a moment: injections that run, and nodes that are not well again."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from chaos.faults.injection import Injection
    from chaos.targets import Target
    from reports.history.schema import StepRecord


@dataclass(eq=False)
class Ongoing:
    """One step that has chosen its targets. An action has no injection.

    `begun_s`: monotonic, when it began to change anything. Nobody undoes it while it is being
    done: `acting` is held then.
    """

    step: StepRecord
    targets: tuple[Target, ...]
    injection: Injection | None = None
    begun_s: float | None = None
    heal_begun: bool = False
    undone: bool = False
    confirmed: bool = False
    well: bool = False
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


class Register:
    """All steps of a trial that have chosen their targets, in the order in which they did."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all: dict[str, Ongoing] = {}

    def claim(self, one: Ongoing, check: Callable[[], None]) -> None:
        """Take the targets of a step, unless `check` raises; nobody else does so meanwhile.

        So two that begin together do not choose the same.
        """
        with self._lock:
            check()
            self._all[one.step.id] = one

    def release(self, one: Ongoing) -> None:
        """Forget a step that was not injected."""
        with self._lock:
            self._all.pop(one.step.id, None)

    def __getitem__(self, step: str) -> Ongoing:
        return self._all[step]

    def all(self) -> list[Ongoing]:
        """Return every step that was not released, as they claimed."""
        return list(self._all.values())

    def running(self) -> list[Injection]:
        """Return the injections that are begun and whose heal is not confirmed."""
        return [
            one.injection
            for one in self.all()
            if one.injection is not None and one.begun and not one.confirmed
        ]

    def unwell(self) -> list[Ongoing]:
        """Return what is in, or has left nodes that are not well again."""
        return [one for one in self.all() if not one.well]

    def any_in(self) -> bool:
        """Whether anything that was begun is not undone."""
        return any(one.begun and not one.undone for one in self.all())

    def hit_nodes(self, but: str) -> frozenset[str]:
        """Return the nodes that are hit by what is not undone, one step left out."""
        rest = [one for one in self.all() if not one.undone and one.step.id != but]
        return frozenset[str]().union(*(one.nodes for one in rest))

    def hits(self) -> dict[str, tuple[Target, ...]]:
        """Return step -> what it hit."""
        return {one.step.id: one.targets for one in self.all()}

    def unrecovered(self) -> str:
        """Return "" when everything that was begun has recovered, else what has not."""
        names = [one.step.id for one in self.all() if one.begun and not one.recovered]
        return f"not recovered yet: {', '.join(names)}" if names else ""
