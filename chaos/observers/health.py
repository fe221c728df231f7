"""What each node says of its own etcd member or apiserver while a trial runs, open loop.

An apiserver may say that it is ready while no other member can reach its own: the two are asked
side by side, each on its own node, on a connection of its own.
"""

from __future__ import annotations

import itertools
import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chaos.node_threads import NodeThreads
from chaos.observers.states import ASK_TIMEOUT_S
from lab.errors import LabError
from reports.history.samples import Sample
from reports.history.schema import APISERVER_READY, DIRECT, MEMBER_HEALTH

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Mapping

    from lab.clients.https import HttpsEndpoint
    from lab.lab import Lab
    from reports.history.schema import SeriesRecord


@dataclass(frozen=True)
class HealthQuestion:
    """Who is asked, and for what path, which answers 200 for good."""

    path: str
    endpoint: Callable[[Lab, str], HttpsEndpoint]


QUESTIONS: Mapping[str, HealthQuestion] = {
    # etcd answers after a linearizable read of its own, so a member without a leader is unhealthy
    MEMBER_HEALTH: HealthQuestion("/health", lambda lab, node: lab.etcd(node)),
    APISERVER_READY: HealthQuestion("/readyz", lambda lab, node: lab.apiserver(node)),
}


# Watches that ask a node by turns: an answer that takes long delays no other question.
TURNS = 3


def health_watches(
    lab: Lab, series: Iterable[SeriesRecord], sample: Callable[[Sample], None]
) -> list[HealthWatch]:
    """Return the watches over what nodes say of themselves, as far as that is planned."""
    zero_s = time.monotonic()
    return [
        HealthWatch(lab, planned, sample, zero_s, turn)
        for planned in series
        if planned.probe in QUESTIONS
        for turn in range(TURNS)
    ]


class HealthWatch(NodeThreads):
    """`sample` gets each answer to a question, in absolute monotonic seconds.

    `turn`: which of TURNS watches it is, all of which count the moments from `zero_s`.
    """

    def __init__(
        self,
        lab: Lab,
        series: SeriesRecord,
        sample: Callable[[Sample], None],
        zero_s: float,
        turn: int,
    ) -> None:
        self._lab = lab
        self._zero_s = zero_s
        self._turn = turn
        self._series = series
        self._question = QUESTIONS[series.probe]
        self._sample = sample
        super().__init__(series.workers, self._watch, ASK_TIMEOUT_S + 6)

    def _watch(self, node: str, stop: threading.Event) -> None:
        period_s = 1 / self._series.rate_hz
        next_number = math.ceil((time.monotonic() - self._zero_s) / period_s)
        first = next_number + (self._turn - next_number) % TURNS
        for number in itertools.count(first, TURNS):
            scheduled_s = self._zero_s + number * period_s
            if stop.wait(max(0.0, scheduled_s - time.monotonic())):
                return
            # after an answer that took long there is no state of the time that it took
            late = time.monotonic() > scheduled_s + period_s / 2
            self._sample(self._unasked(node, scheduled_s) if late else self._ask(node, scheduled_s))

    def _ask(self, node: str, scheduled_s: float) -> Sample:
        question, started_s = self._question, time.monotonic()
        try:
            endpoint = question.endpoint(self._lab, node)
            status, _ = endpoint.request("GET", question.path, timeout_s=ASK_TIMEOUT_S)
            error = "" if status == 200 else "http"
        except LabError:
            status, error = 0, "unanswered"
        answered = replace(
            self._unasked(node, scheduled_s), started_s=started_s, ended_s=time.monotonic()
        )
        return replace(answered, outcome="fail" if error else "ok", status=status, error=error)

    def _unasked(self, node: str, scheduled_s: float) -> Sample:
        return Sample(
            probe=self._series.probe,
            worker=node,
            connection=DIRECT,
            scheduled_s=scheduled_s,
            started_s=scheduled_s,
            ended_s=scheduled_s + ASK_TIMEOUT_S,
            outcome="unknown",
            status=0,
            error="unseen",
            master="",
            client_port=0,
        )
