"""What is offered to a cluster while members are failed: writes and linearizable reads, open loop.

Each request goes to one member over a connection of its own, is sent once, and is remembered with
its outcome: an acknowledged write must be found again, one without an answer may have happened.
"""

from __future__ import annotations

import base64
import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.clients.https import Endpoint

PERIOD_S = 0.1
MAX_OPEN = 64


def encode(text: str) -> str:
    """Return text as etcd's JSON gateway wants bytes."""
    return base64.b64encode(text.encode()).decode()


@dataclass(frozen=True)
class Operation:
    """One request and what became of it; times are monotonic seconds."""

    op: str
    member: str
    key: str
    value: str
    invoke_s: float
    complete_s: float
    outcome: str


class Offer:
    """Offers requests to the given members by turns, write, read, write, ..., until served."""

    def __init__(self, endpoints: dict[str, Endpoint], label: str, timeout_s: float) -> None:
        self._endpoints = endpoints
        self._label = label
        self._timeout_s = timeout_s
        self._numbers = itertools.count()
        self._done: list[Operation] = []
        self._lock = threading.Lock()
        self._since_s = 0.0
        self._served = threading.Event()
        self._pool = ThreadPoolExecutor(MAX_OPEN)

    def run(self, members: Sequence[str], bound_s: float) -> tuple[float, float, int]:
        """Offer for `bound_s`, or until a write and a read were answered.

        Return begin, end and how many requests were sent. What is still open at the end goes on:
        see `close`.
        """
        self._served.clear()
        self._since_s = begin_s = time.monotonic()
        sent = 0
        for turn in itertools.count():
            due_s = begin_s + turn * PERIOD_S
            if due_s > begin_s + bound_s or self._served.wait(max(0.0, due_s - time.monotonic())):
                break
            op = "write" if turn % 2 == 0 else "read"
            self._pool.submit(self._ask, op, members[turn // 2 % len(members)])
            sent += 1
        return begin_s, time.monotonic(), sent

    def _ask(self, op: str, member: str) -> None:
        number = next(self._numbers)
        key, value = f"{self._label}/{number}", f"value {number}"
        begin_s = time.monotonic()
        outcome = self._outcome(op, member, key, value)
        done = Operation(op, member, key, value, begin_s, time.monotonic(), outcome)
        with self._lock:
            self._done.append(done)
            # answers to what was asked before, as late as now, show nothing about now
            late = [one for one in self._done if one.invoke_s >= self._since_s]
        acknowledged = {one.op for one in late if one.outcome == "ok"}
        if {"write", "read"} <= acknowledged:
            self._served.set()

    def _outcome(self, op: str, member: str, key: str, value: str) -> str:
        path, body = "/v3/kv/range", {"key": encode(key)}
        if op == "write":
            path, body = "/v3/kv/put", {"key": encode(key), "value": encode(value)}
        try:
            status, _ = self._endpoints[member].request("POST", path, body, self._timeout_s)
        except LabError:
            return "unknown" if op == "write" else "fail"
        if status == 200:
            return "ok"
        return "unknown" if op == "write" else "fail"

    def done(self) -> list[Operation]:
        """Return the operations that have ended so far."""
        with self._lock:
            return list(self._done)

    def close(self) -> list[Operation]:
        """Listen no longer, and return every operation that was answered.

        What is still open may happen or not, and nobody was told that it did: it binds nobody.
        """
        self._pool.shutdown(wait=False, cancel_futures=True)
        return self.done()


def first_success(
    operations: Sequence[Operation], op: str, begin_s: float, end_s: float
) -> Operation | None:
    """Return the first success invoked and completed within [begin_s, end_s], or None."""
    within = [
        one
        for one in operations
        if (one.op, one.outcome) == (op, "ok")
        and one.invoke_s >= begin_s
        and one.complete_s <= end_s
    ]
    return min(within, key=lambda one: one.complete_s, default=None)


def read_back(endpoint: Endpoint, prefix: str) -> dict[str, str]:
    """Read every key below a prefix, linearizably. Raises LabError."""
    end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
    body: dict[str, Any] = {"key": encode(prefix), "range_end": encode(end)}
    status, answer = endpoint.request("POST", "/v3/kv/range", body)
    if status != 200:
        raise LabError(f"range of {prefix}: {status} {answer}")
    pairs = answer.get("kvs", [])
    return {
        base64.b64decode(one["key"]).decode(): base64.b64decode(one.get("value", "")).decode()
        for one in pairs
    }
