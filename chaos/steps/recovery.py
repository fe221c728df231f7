"""When a step that is gone has recovered: in its nodes, in every series, and at the balancer."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.errors import LabError
from lab.health import node_problem
from reports.history.events import NotServedAgain, Recovered

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Collection, Mapping

    from chaos.steps.running_steps import RunningStep, RunningSteps
    from lab.lab import Lab
    from reports.history.events import Event
    from reports.locale.message import Message

    # (moment, moment) -> worker -> the masters that served it before the first and not since the
    # second; monotonic seconds.
    Unserved = Callable[[float, float], Mapping[str, Collection[str]]]

# Between two looks at the nodes that were hit: whether they are well, and every series good again.
POLL_S = 0.5
# Beyond the balancer's own bound: until a request meets the master, and its sample arrives.
MARGIN_S = 5.0


@dataclass
class _Return:
    """The return of the masters after a step. `clean_since_s`: since when series must be good.

    `until_s`: how long masters are waited for, None while nobody waits.
    """

    gone_s: float
    clean_since_s: float
    until_s: float | None = None
    over: bool = False


class Recovery:
    """Observes steps that are gone until they have recovered.

    `unclean` returns the evidence against every series having been good for a while since a moment.
    A balancer that was right to leave a master out uses it again after `returns_s` at most: what a
    master answers first belongs to the injection, too.
    """

    def __init__(
        self,
        lab: Lab,
        running: RunningSteps,
        event: Callable[[Event], None],
        unclean: Callable[[float], Message | None],
        unserved: Unserved,
        returns_s: float,
    ) -> None:
        self._lab = lab
        self._running = running
        self._event = event
        self._unclean = unclean
        self._unserved = unserved
        self._bound_s = returns_s + MARGIN_S

    def watch(self, running: RunningStep, gone_s: float, stop: threading.Event) -> None:
        """Release the nodes when they are well, and write when the step has recovered."""
        masters = _Return(gone_s, gone_s)
        try:
            self._check(running, masters)
            while not running.recovered and not stop.wait(POLL_S):
                self._check(running, masters)
        finally:
            running.returning = False

    def _check(self, running: RunningStep, masters: _Return) -> None:
        running.well = running.well or self._all_well(running.nodes)
        if not running.begun:
            running.recovered = running.well
            return
        if not masters.over and not self._missing(running, masters):
            # what a master answers first may be bad, and has not arrived yet
            masters.over, masters.clean_since_s = True, time.monotonic()
        clean = running.well and not self._unclean(masters.clean_since_s)
        running.returning = clean and not self._over(running, masters)
        if clean and not running.returning:
            self._event(Recovered(time.monotonic(), running.step.id))
            running.recovered = True  # not before it is written: the trial may end then

    def _over(self, running: RunningStep, masters: _Return) -> bool:
        """Whether every master serves again, or was waited for long enough while all is well."""
        now_s = time.monotonic()
        if masters.over:
            return True
        if masters.until_s is None or self._running.any_in():
            masters.until_s = now_s + self._bound_s
        if now_s > masters.until_s:
            masters.over = True
            for worker, names in self._missing(running, masters).items():
                about = (running.step.id, worker, sorted(names), self._bound_s)
                self._event(NotServedAgain(now_s, *about))
        return masters.over

    def _missing(self, running: RunningStep, masters: _Return) -> dict[str, list[str]]:
        """Return worker -> masters that do not serve it again, without what other steps hit."""
        hit = self._running.unrecovered_nodes(running.step.id)
        unserved = self._unserved(self._running.first_begun_s, masters.gone_s)
        missing = {
            worker: [master for master in left_out if master not in hit]
            for worker, left_out in unserved.items()
            if worker not in hit
        }
        return {worker: left_out for worker, left_out in missing.items() if left_out}

    def _all_well(self, nodes: Collection[str]) -> bool:
        try:
            return not any(node_problem(self._lab, node) for node in nodes)
        except LabError:
            return False
