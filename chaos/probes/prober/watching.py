"""A watch as a series: heartbeats are written at a fixed rate, and are good when delivered in time.

Writes and watch use an object of their own. A probe of the series is a heartbeat: it starts with
its write and ends with its event. A heartbeat that is not delivered within the client's timeout
fails: `timeout` if its write was acknowledged, else `unwritten`.

A watch that ends, or is silent for a client's timeout, is opened again at its last resource
version, as every client of Kubernetes does; no probe is retried. (client-go notices a silent peer
by an HTTP/2 ping after 45 s.) Deliveries are checked: versions rise, no version comes twice, and
no acknowledged version is missing.
"""

from __future__ import annotations

import collections
import json
import math
import time
from typing import TYPE_CHECKING, Any, Deque, Dict, List, Optional, Tuple

from chaos.probes.prober.connection import HttpConnection, Steps
from chaos.probes.prober.output import print_line, print_sample
from chaos.probes.prober.requests import Client, RequestProbe, RequestSeries
from chaos.probes.prober.task import Task

if TYPE_CHECKING:
    from chaos.probes.prober.loop import Timer

GONE = 410
REMEMBERED_REVISIONS = 1000


class DeliveryOrder:
    """Finds lost, repeated and disordered deliveries. Pure."""

    def __init__(self) -> None:
        self.last = 0
        self._fresh = True
        self._delivered: Deque[int] = collections.deque(maxlen=REMEMBERED_REVISIONS)
        self._undelivered: List[int] = []

    def acknowledged(self, revision: int) -> List[str]:
        """Take the revision of an acknowledged write; return the faults that it shows."""
        if revision in self._delivered or self._fresh:
            return []
        if revision < self.last:
            return ["lost"]
        self._undelivered.append(revision)
        return []

    def delivered(self, revision: int) -> List[str]:
        """Take the revision of a delivered event; return the faults that it shows."""
        if revision <= self.last:
            return ["duplicate" if revision in self._delivered else "disorder"]
        lost = [owed for owed in self._undelivered if owed < revision]
        self._undelivered = [owed for owed in self._undelivered if owed > revision]
        self._delivered.append(revision)
        self.last, self._fresh = revision, False
        return ["lost"] * len(lost)


class WatchSeries(RequestSeries):
    """Heartbeats of an object, and the watch that delivers them."""

    def __init__(self, client: Client, described: Dict[str, Any]) -> None:
        super().__init__(client, described)
        self._path = described["watch_path"]
        self._order = DeliveryOrder()
        self._pending: Dict[int, Tuple[RequestProbe, Timer]] = {}
        self._acknowledged: Dict[int, bool] = {}
        self._watch: Optional[HttpConnection] = None
        self._task: Optional[Task] = None
        self._delivered_s = 0.0
        self._begun = False

    def warm_up(self) -> None:
        """Open the pool for the writes, and the watch."""
        super().warm_up()
        self._open()

    def open_probes(self) -> int:
        """Return how many heartbeats are neither delivered nor given up."""
        return super().open_probes() + len(self._pending)

    def probe(self, scheduled_s: float) -> None:
        """Write a heartbeat, and give up a watch that is silent for a timeout."""
        if not self._begun:
            self._begun, self._delivered_s = True, time.monotonic()
        if time.monotonic() - self._delivered_s > self.timeout_s and self._task is not None:
            self._task.fail("timeout")
        super().probe(scheduled_s)

    def begun(self, probe: RequestProbe) -> None:
        """Wait for the event of this heartbeat."""
        number = probe.number
        limit_s = probe.started_s + self.timeout_s
        limit = self._loop.call_at(limit_s, lambda: self._give_up(number))
        self._pending[number] = (probe, limit)

    def exchange(self, probe: RequestProbe, connection: HttpConnection) -> Steps:
        """Write, and keep the resource version of the write."""
        yield from super().exchange(probe, connection)
        if 200 <= connection.status < 300:
            metadata = json.loads(connection.body)["metadata"]
            self._acknowledged[probe.number] = True
            self._report(self._order.acknowledged(int(metadata["resourceVersion"])))

    def done(self, probe: RequestProbe, error: str) -> None:
        """Print nothing: a heartbeat ends with its event, not with its write."""

    def _give_up(self, number: int) -> None:
        probe, _ = self._pending.pop(number)
        written = self._acknowledged.pop(number, False)
        probe.status = 0
        self._print(probe, "timeout" if written else "unwritten", "fail")

    def _print(self, probe: RequestProbe, error: str, outcome: str) -> None:
        if self._watch is not None:
            probe.master, probe.client_port = self._watch.master, self._watch.client_port
        print_sample(self.fields, probe.sample(error, outcome))

    def _report(self, faults: List[str]) -> None:
        for fault in faults:
            self._event("watch_fault", fault=fault, revision=self._order.last)

    def _event(self, kind: str, **fields: Any) -> None:
        print_line({"event": kind, "at_s": time.monotonic(), **fields})

    def _open(self) -> None:
        """Open the watch after its last resource version."""
        self._watch = connection = HttpConnection(self._loop, self._endpoint)
        self._delivered_s = time.monotonic()
        self._task = Task(self._loop, self._follow(connection), math.inf, self._ended)
        self._task.follow(connection)
        self._task.resume()

    def _ended(self, error: str) -> None:
        """Open it again a period later, so that a dead server gets no flood of requests."""
        if self._watch is not None:
            self._watch.abort()
        self._event("watch_end", error=error or "ended")
        self._loop.call_at(time.monotonic() + 1 / self.rate_hz, self._open)

    def _follow(self, connection: HttpConnection) -> Steps:
        yield from connection.open()
        since = f"&resourceVersion={self._order.last}" if self._order.last else ""
        first = f"GET {self._path}{since} HTTP/1.1"
        request = "\r\n".join((first, f"Host: {self._endpoint.authority}", "", ""))
        yield from connection.ask(request.encode())
        head = yield from connection.head()
        if head.status == GONE:
            self._order = DeliveryOrder()  # the events after the last version are gone
        if head.status != 200 or not head.chunked:
            raise ValueError(f"a watch was answered with {head.status}")
        self._event("watch_open", master=connection.master, revision=self._order.last)
        unread = b""
        while True:
            chunk = yield from connection.chunk()
            if not chunk:
                return
            *lines, unread = (unread + chunk).split(b"\n")
            for line in lines:
                self._take(json.loads(line))

    def _take(self, event: Dict[str, Any]) -> None:
        self._delivered_s = time.monotonic()
        if event["type"] == "ERROR":
            if event["object"].get("code") == GONE:
                self._order = DeliveryOrder()  # the events after the last version are gone
            raise ValueError("the watch ended with an error")
        configmap = event["object"]
        self._report(self._order.delivered(int(configmap["metadata"]["resourceVersion"])))
        number = int(configmap.get("data", {}).get("value", 0))
        pending = self._pending.pop(number, None)
        if pending is not None:
            probe, limit = pending
            limit.cancel()
            self._acknowledged.pop(number, None)
            probe.status = 200
            self._print(probe, "", "ok")
