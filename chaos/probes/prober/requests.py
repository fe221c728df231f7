"""A series of requests, each sent at its time, whatever earlier ones do."""

from __future__ import annotations

import collections
import json
import math
import time
from typing import TYPE_CHECKING, Any, Callable, Deque, Dict, NamedTuple, Optional

from chaos.probes.prober.connection import ConnectionTarget, HttpConnection, Steps
from chaos.probes.prober.output import SampleLine, print_sample
from chaos.probes.prober.task import Task

if TYPE_CHECKING:
    from chaos.probes.prober.loop import Loop

# How many connections of a pool are opened at a time before the first probe.
PARALLEL_OPENS = 8
# Of the time after which the server closes a connection without traffic, the part after which a
# connection of a pool is used again.
IDLE_SHARE = 0.7


def pool_size(rate_hz: float, timeout_s: float, closes_idle_s: float) -> int:
    """Return the number of connections of a reused series.

    It is one more than can hang at a time: a probe that is due when the oldest one times out has a
    connection. Where the server closes connections without traffic (0: it does not), it is no more
    than can be kept busy.
    """
    size = math.ceil(rate_hz * timeout_s) + 1
    if closes_idle_s:
        size = min(size, int(rate_hz * closes_idle_s * IDLE_SHARE))
    return max(size, 1)


class Slot:
    """A place for one connection, which may be kept for later probes."""

    def __init__(self) -> None:
        self.connection: Optional[HttpConnection] = None

    def drop(self) -> None:
        """Close the connection, if there is one."""
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.abort()


class RequestProbe:
    """One request of a series. `number`: the value that it writes."""

    def __init__(self, scheduled_s: float, number: int) -> None:
        self.scheduled_s = scheduled_s
        self.started_s = time.monotonic()
        self.number = number
        self.status = 0
        self.master = ""
        self.client_port = 0
        self.sent = False

    def sample(self, error: str, outcome: str) -> SampleLine:
        """Return its line; it ends now."""
        return SampleLine(
            *(self.scheduled_s, self.started_s, time.monotonic(), outcome, self.status, error),
            *(self.master, self.client_port),
        )


def _opened(connection: HttpConnection) -> Steps:
    """Open a connection, and leave it idle."""
    yield from connection.open()
    yield from connection.flush()


class Client(NamedTuple):
    """What all series share. A `%d` in a body becomes `next_number()`."""

    loop: Loop
    endpoint: ConnectionTarget
    timeout_s: float
    next_number: Callable[[], int]
    closes_idle_s: float = 0.0


class RequestSeries:
    """Probes of one kind on one kind of connection."""

    def __init__(self, client: Client, described: Dict[str, Any]) -> None:
        self._loop, self._endpoint, self.timeout_s, self._next_number = client[:4]
        self._closes_idle_s = client.closes_idle_s
        self.rate_hz = described["rate_hz"]
        self.under_way = 0
        self.unopened = 0
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

    def open_probes(self) -> int:
        """Return how many probes have no end yet."""
        return self.under_way

    def warm_up(self) -> None:
        """Open the pool of a reused series, a few connections at a time.

        A slot whose connection cannot be opened stays empty; the probe that takes it connects.
        `unopened`: how many slots are not ready yet.
        """
        if self.reused:
            size = pool_size(self.rate_hz, self.timeout_s, self._closes_idle_s)
            self.slots.extend(Slot() for _ in range(size))
            cold = collections.deque(self.slots)
            self.unopened = size
            for _ in range(PARALLEL_OPENS):
                self._open_next(cold)

    def _open_next(self, cold: Deque[Slot]) -> None:
        if not cold:
            return
        slot = cold.popleft()
        connection = HttpConnection(self._loop, self._endpoint)

        def on_end(error: str) -> None:
            # a probe that did not wait may have connected meanwhile
            if error or slot.connection is not None or slot not in self.slots:
                connection.abort()
            else:
                slot.connection = connection
            self.unopened -= 1
            self._open_next(cold)

        until_s = time.monotonic() + self.timeout_s
        task = Task(self._loop, _opened(connection), until_s, on_end)
        task.follow(connection)
        task.resume()

    def request(self, number: int) -> bytes:
        """Return the request that writes a number."""
        if not self._body:
            return self._bare
        body = self._body.replace("%d", str(number)).encode()
        return f"{self._head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body

    def probe(self, scheduled_s: float) -> None:
        """Send one probe; `done` gets it at its end."""
        probe = RequestProbe(scheduled_s, self._next_number())
        self.begun(probe)
        if self.reused and not self.slots:
            self.done(probe, "blocked")
            return
        slot = self.slots.popleft() if self.reused else Slot()
        self.under_way += 1

        def on_end(error: str) -> None:
            self._on_end(probe, slot, error)

        steps = self._send(probe, slot, lambda: task)
        task = Task(self._loop, steps, probe.started_s + self.timeout_s, on_end)
        task.resume()

    def _send(self, probe: RequestProbe, slot: Slot, task: Callable[[], Task]) -> Steps:
        """Connect if need be, and exchange one request."""
        connection = slot.connection
        if connection is None:
            connection = slot.connection = HttpConnection(self._loop, self._endpoint)
            task().follow(connection)
            yield from connection.open()
        else:
            task().follow(connection)
        probe.master, probe.client_port = connection.master, connection.client_port
        probe.sent = True
        yield from self.exchange(probe, connection)

    def exchange(self, probe: RequestProbe, connection: HttpConnection) -> Steps:
        """Send the request and read its answer."""
        yield from connection.exchange(self.request(probe.number))
        probe.status = connection.status

    def _on_end(self, probe: RequestProbe, slot: Slot, error: str) -> None:
        self.under_way -= 1
        if error or not self.reused or (slot.connection is not None and slot.connection.closes):
            slot.drop()
        if self.reused:
            self.slots.append(slot)
        if not error and not 200 <= probe.status < 300:
            error = "http"
        self.done(probe, error)

    def begun(self, probe: RequestProbe) -> None:
        """Called when a probe begins."""

    def done(self, probe: RequestProbe, error: str) -> None:
        """Print a probe that is over."""
        print_sample(self.fields, probe.sample(error, self.outcome(probe, error)))

    def outcome(self, probe: RequestProbe, error: str) -> str:
        """Return the outcome of a probe: ok, fail, or unknown.

        A write without an answer, or with a server's error, may have taken effect: unknown.
        """
        if not error:
            return "ok"
        unclear = self._writes and probe.sent and not 400 <= probe.status < 500
        return "unknown" if unclear else "fail"
