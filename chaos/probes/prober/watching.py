"""A watch as a series: heartbeats are written at a known rate, and are good when delivered in time.

Writes and watch go to one object of their own. A probe of the series is one heartbeat: it starts
with its write and ends with its event. One that is not delivered within the client's timeout
failed: `timeout` when its write was acknowledged, `unwritten` when it was not.

A watch that ends, or is silent for a client's timeout, is opened again at the last resource
version that was seen. That is what every client of Kubernetes does, and no retry of a probe.
(client-go notices a silent peer by a ping of HTTP/2 after 45 s.) What is delivered is checked:
versions only rise, none comes twice, and no acknowledged one is passed over.
"""

from __future__ import annotations

import collections
import json
import math
import time
from typing import TYPE_CHECKING, Any, Deque, Dict, List, Optional, Tuple

from chaos.probes.prober.connection import Connection, Steps
from chaos.probes.prober.output import say, say_sample
from chaos.probes.prober.requests import Client, RequestProbe, RequestSeries
from chaos.probes.prober.task import Task

if TYPE_CHECKING:
    from chaos.probes.prober.loop import Timer

GONE = 410
REMEMBERED = 1000


class Order:
    """What is wrong with the order of what was delivered. Pure."""

    def __init__(self) -> None:
        self.last = 0
        self._fresh = True
        self._delivered: Deque[int] = collections.deque(maxlen=REMEMBERED)
        self._owed: List[int] = []

    def acknowledged(self, revision: int) -> List[str]:
        """Take a write's version; return the words for what that shows."""
        if revision in self._delivered or self._fresh:
            return []
        if revision < self.last:
            return ["lost"]
        self._owed.append(revision)
        return []

    def delivered(self, revision: int) -> List[str]:
        """Take an event's version; return the words for what is wrong."""
        if revision <= self.last:
            return ["duplicate" if revision in self._delivered else "disorder"]
        lost = [one for one in self._owed if one < revision]
        self._owed = [one for one in self._owed if one > revision]
        self._delivered.append(revision)
        self.last, self._fresh = revision, False
        return ["lost"] * len(lost)


class WatchSeries(RequestSeries):
    """Heartbeats of one object, and the watch that sees them."""

    def __init__(self, client: Client, described: Dict[str, Any]) -> None:
        super().__init__(client, described)
        self._path = described["watch_path"]
        self._order = Order()
        self._pending: Dict[int, Tuple[RequestProbe, Timer]] = {}
        self._acknowledged: Dict[int, bool] = {}
        self._watch: Optional[Connection] = None
        self._task: Optional[Task] = None
        self._progress_s = 0.0
        self._begun = False

    def warm_up(self) -> None:
        """Open the pool for the writes, and the watch."""
        super().warm_up()
        self._open()

    def unfinished(self) -> int:
        """How many heartbeats are neither delivered nor given up."""
        return super().unfinished() + len(self._pending)

    def probe(self, scheduled_s: float) -> None:
        """Write one heartbeat, and give up a watch that has been silent since the first of them."""
        if not self._begun:
            self._begun, self._progress_s = True, time.monotonic()
        if time.monotonic() - self._progress_s > self.timeout_s and self._task is not None:
            self._task.fail("timeout")
        super().probe(scheduled_s)

    def begun(self, probe: RequestProbe) -> None:
        """Wait for the event of a heartbeat."""
        number = probe.number
        limit_s = probe.started_s + self.timeout_s
        limit = self._loop.call_at(limit_s, lambda: self._give_up(number))
        self._pending[number] = (probe, limit)

    def exchange(self, probe: RequestProbe, connection: Connection) -> Steps:
        """Write, and note which version it became."""
        yield from super().exchange(probe, connection)
        if 200 <= connection.status < 300:
            metadata = json.loads(connection.body)["metadata"]
            self._acknowledged[probe.number] = True
            self._tell(self._order.acknowledged(int(metadata["resourceVersion"])))

    def done(self, probe: RequestProbe, error: str) -> None:
        """Print nothing: a heartbeat is over with its event, whatever became of its write."""

    def _give_up(self, number: int) -> None:
        probe, _ = self._pending.pop(number)
        written = self._acknowledged.pop(number, False)
        probe.status = 0
        self._say(probe, "timeout" if written else "unwritten", "fail")

    def _say(self, probe: RequestProbe, error: str, outcome: str) -> None:
        if self._watch is not None:
            probe.master, probe.client_port = self._watch.master, self._watch.client_port
        say_sample(self.fields, probe.sample(error, outcome))

    def _tell(self, faults: List[str]) -> None:
        for fault in faults:
            self._event("watch_fault", fault=fault, revision=self._order.last)

    def _event(self, kind: str, **fields: Any) -> None:
        say({"event": kind, "at_s": time.monotonic(), **fields})

    def _open(self) -> None:
        """Open the watch where it ended."""
        self._watch = connection = Connection(self._loop, self._endpoint)
        self._progress_s = time.monotonic()
        self._task = Task(self._loop, self._follow(connection), math.inf, self._ended)
        self._task.belongs_to(connection)
        self._task.go_on()

    def _ended(self, error: str) -> None:
        """Open it again a period later, so that a server that is down is not stormed."""
        if self._watch is not None:
            self._watch.abort()
        self._event("watch_end", error=error or "ended")
        self._loop.call_at(time.monotonic() + 1 / self.rate_hz, self._open)

    def _follow(self, connection: Connection) -> Steps:
        yield from connection.open()
        since = f"&resourceVersion={self._order.last}" if self._order.last else ""
        lines = (f"GET {self._path}{since} HTTP/1.1", f"Host: {self._endpoint.authority}", "", "")
        yield from connection.ask("\r\n".join(lines).encode())
        head = yield from connection.head()
        if head.status == GONE:
            self._order = Order()  # what came after the last version is not known any more
        if head.status != 200 or not head.chunked:
            raise ValueError(f"a watch was answered with {head.status}")
        self._event("watch_open", master=connection.master, revision=self._order.last)
        unread = b""
        while True:
            chunk = yield from connection.chunk()
            if not chunk:
                return
            *whole, unread = (unread + chunk).split(b"\n")
            for line in whole:
                self._take(json.loads(line))

    def _take(self, event: Dict[str, Any]) -> None:
        self._progress_s = time.monotonic()
        if event["type"] == "ERROR":
            if event["object"].get("code") == GONE:
                self._order = Order()  # what came after the last version is not known any more
            raise ValueError("the watch ended with an error")
        said = event["object"]
        self._tell(self._order.delivered(int(said["metadata"]["resourceVersion"])))
        number = int(said.get("data", {}).get("value", 0))
        pending = self._pending.pop(number, None)
        if pending is not None:
            probe, limit = pending
            limit.cancel()
            self._acknowledged.pop(number, None)
            probe.status = 200
            self._say(probe, "", "ok")
