"""A series of requests, each sent at its time, whatever became of the earlier ones."""

from __future__ import annotations

import collections
import json
import math
import time
from typing import TYPE_CHECKING, Any, Callable, Deque, Dict, NamedTuple, Optional

from chaos.probes.prober.connection import Connection, ConnectionTarget, Steps
from chaos.probes.prober.output import SampleLine, say_sample
from chaos.probes.prober.task import Task

if TYPE_CHECKING:
    from chaos.probes.prober.loop import Loop

# How many connections of a pool are opened at a time before the first probe.
OPENING = 8


class Slot:
    """A place for one connection; a reused one stays in it between probes."""

    def __init__(self) -> None:
        self.connection: Optional[Connection] = None

    def drop(self) -> None:
        """Give up the connection, if there is one."""
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.abort()


class RequestProbe:
    """One request of a series. `number` is what it wrote."""

    def __init__(self, scheduled_s: float, number: int) -> None:
        self.scheduled_s = scheduled_s
        self.started_s = time.monotonic()
        self.number = number
        self.status = 0
        self.master = ""
        self.client_port = 0
        self.sent = False

    def sample(self, error: str, outcome: str) -> SampleLine:
        """Return what became of it, now."""
        return SampleLine(
            *(self.scheduled_s, self.started_s, time.monotonic(), outcome, self.status, error),
            *(self.master, self.client_port),
        )


def _opened(connection: Connection) -> Steps:
    """Open a connection that then idles."""
    yield from connection.open()
    yield from connection.flush()


class Client(NamedTuple):
    """Who sends the requests of all series; a `%d` in a body becomes `next_number()`."""

    loop: Loop
    endpoint: ConnectionTarget
    timeout_s: float
    next_number: Callable[[], int]


class RequestSeries:
    """Probes of one kind on one kind of connection."""

    def __init__(self, client: Client, described: Dict[str, Any]) -> None:
        self._loop, self._endpoint, self.timeout_s, self._next_number = client
        self.rate_hz = described["rate_hz"]
        self.under_way = 0
        self.opening = 0
        self.reused = described["connection"] == "reused"
        self.slots: Deque[Slot] = collections.deque()
        self._writes = described["method"] != "GET"
        self._body: str = described.get("body", "")
        self.fields = ", ".join(
            f'"{key}": {json.dumps(described[key])}' for key in ("probe", "connection")
        )
        lines = [
            f"{described['method']} {described['path']} HTTP/1.1",
            f"Host: {self._endpoint.authority}",
            *([f"Content-Type: {described['content_type']}"] if self._body else []),
        ]
        self._head = "\r\n".join(lines)
        self._bare = (self._head + "\r\n\r\n").encode()

    def unfinished(self) -> int:
        """How many probes are under way."""
        return self.under_way

    def warm_up(self) -> None:
        """Open the pool of a reused series, a few connections at a time.

        A place whose connection could not be opened is left empty: the probe that takes it will
        connect, and be judged for it. `opening` says how many are not decided yet.
        """
        if self.reused:
            # One more than can hang at a time: a probe that is due just when the oldest one
            # times out finds a connection.
            size = math.ceil(self.rate_hz * self.timeout_s) + 1
            self.slots.extend(Slot() for _ in range(size))
            cold = collections.deque(self.slots)
            self.opening = size
            for _ in range(OPENING):
                self._open_next(cold)

    def _open_next(self, cold: Deque[Slot]) -> None:
        if not cold:
            return
        slot = cold.popleft()
        connection = Connection(self._loop, self._endpoint)

        def over(error: str) -> None:
            # a probe that did not wait may have connected meanwhile
            if error or slot.connection is not None or slot not in self.slots:
                connection.abort()
            else:
                slot.connection = connection
            self.opening -= 1
            self._open_next(cold)

        until_s = time.monotonic() + self.timeout_s
        task = Task(self._loop, _opened(connection), until_s, over)
        task.belongs_to(connection)
        task.go_on()

    def request(self, number: int) -> bytes:
        """Return the request that writes a number."""
        if not self._body:
            return self._bare
        body = self._body.replace("%d", str(number)).encode()
        return f"{self._head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body

    def probe(self, scheduled_s: float) -> None:
        """Send one probe; `done` is told what became of it."""
        probe = RequestProbe(scheduled_s, self._next_number())
        self.begun(probe)
        if self.reused and not self.slots:
            self.done(probe, "blocked")
            return
        slot = self.slots.popleft() if self.reused else Slot()
        self.under_way += 1

        def over(error: str) -> None:
            self._over(probe, slot, error)

        steps = self._send(probe, slot, lambda: task)
        task = Task(self._loop, steps, probe.started_s + self.timeout_s, over)
        task.go_on()

    def _send(self, probe: RequestProbe, slot: Slot, task: Callable[[], Task]) -> Steps:
        """Connect if need be, and exchange one request."""
        connection = slot.connection
        if connection is None:
            connection = slot.connection = Connection(self._loop, self._endpoint)
            task().belongs_to(connection)
            yield from connection.open()
        else:
            task().belongs_to(connection)
        probe.master, probe.client_port = connection.master, connection.client_port
        probe.sent = True
        yield from self.exchange(probe, connection)

    def exchange(self, probe: RequestProbe, connection: Connection) -> Steps:
        """Send the request and read its answer."""
        yield from connection.exchange(self.request(probe.number))
        probe.status = connection.status

    def _over(self, probe: RequestProbe, slot: Slot, error: str) -> None:
        self.under_way -= 1
        if error or not self.reused or (slot.connection is not None and slot.connection.closes):
            slot.drop()
        if self.reused:
            self.slots.append(slot)
        if not error and not 200 <= probe.status < 300:
            error = "http"
        self.done(probe, error)

    def begun(self, probe: RequestProbe) -> None:
        """Take note of a probe that begins; nothing here."""

    def done(self, probe: RequestProbe, error: str) -> None:
        """Print a probe that is over."""
        say_sample(self.fields, probe.sample(error, self.outcome(probe, error)))

    def outcome(self, probe: RequestProbe, error: str) -> str:
        """Judge a probe: ok, fail, or unknown.

        A write that was sent and not answered, or answered with a server's error, may have
        happened.
        """
        if not error:
            return "ok"
        doubtful = self._writes and probe.sent and not 400 <= probe.status < 500
        return "unknown" if doubtful else "fail"
