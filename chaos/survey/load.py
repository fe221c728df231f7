"""What is offered to a cluster while members are failed: writes and linearizable reads, open loop.

Each request goes to one member, is sent once, and is remembered with its outcome: an acknowledged
write must be found again, one without an answer may have happened.
"""

from __future__ import annotations

import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.clients.etcd import encode
from lab.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos.survey.members import Members
    from reports.history.tolerance import Served

PERIOD_S = 0.1
MAX_OPEN = 64
# Who is on time to a tenth of a second was not kept from its processor.
LATE_S = 0.1
# When more than this many bounds went by without a whole one on time, nothing can be said.
MAX_BOUNDS = 4


@dataclass(frozen=True)
class SurveyRequest:
    """One request and what became of it; times are monotonic seconds."""

    op: str
    member: str
    key: str
    value: str
    invoke_s: float
    complete_s: float
    outcome: str


@dataclass(frozen=True)
class LoadResult:
    """What was offered from `begin_s` to `end_s`, and what was answered until then.

    `starved_s`: how much of that time the machine kept us from sending; it counts for nothing.
    """

    begin_s: float
    end_s: float
    sent: int
    starved_s: float
    operations: list[SurveyRequest]

    def first(self, op: str) -> SurveyRequest | None:
        """Return the first success invoked and completed within, or None."""
        within = [
            one
            for one in self.operations
            if (one.op, one.outcome) == (op, "ok")
            and one.invoke_s >= self.begin_s
            and one.complete_s <= self.end_s
        ]
        return min(within, key=lambda one: one.complete_s, default=None)

    @property
    def took_s(self) -> float:
        """How long requests were offered."""
        return self.end_s - self.begin_s

    def after_s(self, op: str) -> float | None:
        """Return after how long the first success came."""
        first = self.first(op)
        return None if first is None else first.complete_s - self.begin_s

    def whole(self, bound_s: float) -> bool:
        """Whether requests were offered on time for the whole bound."""
        return self.took_s - self.starved_s >= bound_s

    def served(self, op: str, bound_s: float) -> Served:
        """Say whether an operation was served; not, only when offered for the whole bound."""
        if self.first(op):
            return "served"
        return "not-served" if self.whole(bound_s) else "unknown"

    def doubt(self, bound_s: float) -> str:
        """Say why a bound proves nothing, "" when it does."""
        if self.whole(bound_s) or (self.first("write") and self.first("read")):
            return ""
        lost = f"{self.starved_s:.1f} s of {self.took_s:.1f} s were lost"
        return f"the machine was too busy: {lost}"


class SurveyLoad:
    """Offers requests to the given members by turns, write, read, write, ..., until served."""

    def __init__(self, members: Members, label: str, timeout_s: float) -> None:
        self._members = members
        self._label = label
        self._timeout_s = timeout_s
        self._numbers = itertools.count()
        self._done: list[SurveyRequest] = []
        self._lock = threading.Lock()
        self._since_s = 0.0
        self._served = threading.Event()
        self._pool = ThreadPoolExecutor(MAX_OPEN)

    def run(self, members: Sequence[str], bound_s: float) -> LoadResult:
        """Offer for `bound_s` on time, or until a write and a read were answered.

        What is still open at the end goes on: see `close`.
        """
        self._served.clear()
        self._since_s = begin_s = due_s = time.monotonic()
        starved_s = 0.0
        sent = 0
        while not self._served.wait(max(0.0, due_s - time.monotonic())):
            now_s = time.monotonic()
            if now_s - due_s > LATE_S:
                # the members had no processor either: this time proves nothing about them
                starved_s += now_s - due_s
                due_s = now_s
            if now_s - begin_s >= min(bound_s + starved_s, MAX_BOUNDS * bound_s):
                break
            op = "write" if sent % 2 == 0 else "read"
            self._pool.submit(self._ask, op, members[sent // 2 % len(members)])
            sent += 1
            if sent > 1:  # the first read goes with the first write
                due_s += PERIOD_S
        return LoadResult(begin_s, time.monotonic(), sent, starved_s, self._so_far())

    def _ask(self, op: str, member: str) -> None:
        number = next(self._numbers)
        key, value = f"{self._label}/{number}", f"value {number}"
        begin_s = time.monotonic()
        outcome = self._outcome(op, member, key, value)
        done = SurveyRequest(op, member, key, value, begin_s, time.monotonic(), outcome)
        with self._lock:
            self._done.append(done)
            # answers to what was asked before, as late as now, show nothing about now
            late = [one for one in self._done if one.invoke_s >= self._since_s]
        if {"write", "read"} <= {one.op for one in late if one.outcome == "ok"}:
            self._served.set()

    def _outcome(self, op: str, member: str, key: str, value: str) -> str:
        path, body = "/v3/kv/range", {"key": encode(key)}
        if op == "write":
            path, body = "/v3/kv/put", {"key": encode(key), "value": encode(value)}
        try:
            self._members.ask(member, path, body, self._timeout_s)
        except LabError:
            return "unknown" if op == "write" else "fail"
        return "ok"

    def _so_far(self) -> list[SurveyRequest]:
        with self._lock:
            return list(self._done)

    def close(self) -> list[SurveyRequest]:
        """Listen no longer, and return every operation that was answered.

        What is still open may happen or not, and nobody was told that it did: it binds nobody.
        """
        self._pool.shutdown(wait=False, cancel_futures=True)
        return self._so_far()
