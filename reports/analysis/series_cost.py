"""What an injection of a trial cost the clients of each series: the numbers, once computed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.bracket import Bracket
from reports.locale.message import message

if TYPE_CHECKING:
    from reports.analysis.cost import Cost
    from reports.analysis.grades import Baseline, Signs
    from reports.grade import Grade
    from reports.locale.message import Message


@dataclass(frozen=True)
class SeriesCost:
    """What an injection cost the clients of one series of a worker in a trial.

    `total`, `bad`: of the requests that it is held to account for. `open_end`: why more may have
    been bad than was observed, None where nothing says so. `grade`: as the signs of all series of
    the fault together make it.
    """

    probe: str
    connection: str
    worker: str
    total: int
    bad: int
    baseline: Baseline
    signs: Signs
    open_end: Message | None
    grade: Grade = "unnoticed"

    @property
    def cost(self) -> Cost:
        """What it cost."""
        return self.signs.cost

    @property
    def kind(self) -> tuple[str, str]:
        """The probe and the connection."""
        return self.probe, self.connection

    @property
    def lost_s(self) -> Bracket:
        """The seconds that were lost for good."""
        return Bracket(self.cost.lost_s, math.inf if self.bound else self.cost.lost_s)

    @property
    def bad_share(self) -> Bracket:
        """The share that is bad as long as the fault is in; NaN where no plateau was seen."""
        share = self.cost.bad_share
        return Bracket(share, share if self.cost.settled or not self.cost.shows_plateau else 1.0)

    @property
    def affected_s(self) -> Bracket:
        """For how long requests were bad, before the heal and from it on."""
        return Bracket(self.cost.affected_s, math.inf if self.open_end else self.cost.affected_s)

    @property
    def bound(self) -> Message | None:
        """Why the cost is at least this, None where it is exact."""
        if self.open_end or self.cost.settled:
            return self.open_end
        return message("cost-not-settled" if self.cost.shows_plateau else "cost-no-plateau")


@dataclass(frozen=True)
class InjectionCosts:
    """One injection of a trial. `unknown`: why it has no costs, None where it has.

    `nodes_hit`: how many nodes. `together`: ids of what else was in effect meanwhile; it is graded
    with it.
    """

    trial: int
    experiment: str
    injection: str
    fault: str
    target: str
    nodes_hit: int
    together: tuple[str, ...]
    hold_s: float
    series: tuple[SeriesCost, ...]
    unknown: Message | None

    @property
    def fault_id(self) -> tuple[str, str]:
        """Which fault of the run it is."""
        return self.experiment, self.injection
