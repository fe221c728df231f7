"""Requests to a cluster while a fault is in effect: writes and linearizable reads, open loop.

Each request goes to one member, is sent once, and is kept with its outcome: an acknowledged write
must be stored, one without an answer may be.
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
from reports.locale.message import message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos.survey.members import Members
    from reports.history.surveys import Served
    from reports.locale.message import Message

PERIOD_S = 0.1
MAX_OPEN = 64
# A request later than this was due to a machine too busy to send it.
LATE_S = 0.1
# The load gives up after this many bounds: a machine so busy shows nothing.
MAX_BOUNDS = 4


@dataclass(frozen=True)
class SurveyRequest:
    """One request and its outcome: ok, fail or unknown. Times are monotonic seconds."""

    op: str
    member: str
    key: str
    value: str
    invoke_s: float
    complete_s: float
    outcome: str


@dataclass(frozen=True)
class LoadResult:
    """The requests from `begin_s` to `end_s`, in monotonic seconds, and those that were answered.

    `starved_s`: the part of that time in which the machine was too busy to send; it does not count.
    """

    begin_s: float
    end_s: float
    sent: int
    starved_s: float
    requests: list[SurveyRequest]

    def first(self, op: str) -> SurveyRequest | None:
        """Return the first success invoked and completed within, or None."""
        within = [
            request
            for request in self.requests
            if (request.op, request.outcome) == (op, "ok")
            and request.invoke_s >= self.begin_s
            and request.complete_s <= self.end_s
        ]
        return min(within, key=lambda request: request.complete_s, default=None)

    @property
    def took_s(self) -> float:
        """How long requests were sent."""
        return self.end_s - self.begin_s

    def after_s(self, op: str) -> float | None:
        """Return the seconds from the beginning to the first success, None without one."""
        first = self.first(op)
        return None if first is None else first.complete_s - self.begin_s

    def whole(self, bound_s: float) -> bool:
        """Whether requests were sent on time for the whole bound."""
        return self.took_s - self.starved_s >= bound_s

    def served(self, op: str, bound_s: float) -> Served:
        """Return whether a kind of request was served; "not-served" only after a whole bound."""
        if self.first(op):
            return "served"
        return "not-served" if self.whole(bound_s) else "unknown"

    def doubt(self, bound_s: float) -> Message | None:
        """Return why this load proves nothing, None when it proves something."""
        if self.whole(bound_s) or (self.first("write") and self.first("read")):
            return None
        return message("machine-busy", lost_s=self.starved_s, took_s=self.took_s)


class SurveyLoad:
    """Sends requests to the given members by turns, write, read, write, ..., until served."""

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
        """Send for `bound_s` on time, or until a write and a read were answered.

        Requests without an answer stay open at the end: see `close`.
        """
        self._served.clear()
        self._since_s = begin_s = due_s = time.monotonic()
        starved_s = 0.0
        sent = 0
        while not self._served.wait(max(0.0, due_s - time.monotonic())):
            now_s = time.monotonic()
            if now_s - due_s > LATE_S:
                # the members had no processor either, so this time shows nothing about them
                starved_s += now_s - due_s
                due_s = now_s
            if now_s - begin_s >= min(bound_s + starved_s, MAX_BOUNDS * bound_s):
                break
            op = "write" if sent % 2 == 0 else "read"
            self._pool.submit(self._ask, op, members[sent // 2 % len(members)])
            sent += 1
            if sent > 1:  # the first read goes with the first write
                due_s += PERIOD_S
        return LoadResult(begin_s, time.monotonic(), sent, starved_s, self._answered())

    def _ask(self, op: str, member: str) -> None:
        number = next(self._numbers)
        key, value = f"{self._label}/{number}", f"value {number}"
        begin_s = time.monotonic()
        outcome = self._outcome(op, member, key, value)
        done = SurveyRequest(op, member, key, value, begin_s, time.monotonic(), outcome)
        with self._lock:
            self._done.append(done)
            # a request of an earlier run that is answered now shows nothing about this run
            current = [request for request in self._done if request.invoke_s >= self._since_s]
        if {"write", "read"} <= {request.op for request in current if request.outcome == "ok"}:
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

    def _answered(self) -> list[SurveyRequest]:
        with self._lock:
            return list(self._done)

    def close(self) -> list[SurveyRequest]:
        """Wait for no more answers, and return every request that was answered.

        An open request may take effect or not; no client relies on it.
        """
        self._pool.shutdown(wait=False, cancel_futures=True)
        return self._answered()
