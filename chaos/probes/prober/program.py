"""The prober: all series of a worker, each on an absolute schedule, whatever earlier probes do.

It runs on a worker, in its network, through its proxy, or on the host against any endpoint.
Standard library only, Python 3.9 up. One thread and one epoll set: its processor time is taken from
the cluster that it measures, and asyncio's streams need half as much again.

Argument: a JSON file {host, port, authority, tls: null or {name, ca, cert, key} (a file may be ""),
client_timeout_s, warm_up_s, duration_s: null for no end, closes_idle_s: after so long
without traffic the server closes a connection (0: never), masters: {name of a certificate: node},
series: [{probe, connection, rate_hz,
method, path, body, content_type, and for a watch: watch_path}]}.

Output: one JSON line for each probe, at most a second after its end; times are monotonic seconds.
Once a second {cpu_s, at_s}: the CPU seconds used so far. {begin_s} when the schedule begins, and
{end_s} when it has ended and the last probe is over. Of a watch {event, at_s, ...}: watch_open
(master, revision), watch_end (error), watch_fault (fault: lost, duplicate or disorder, and
revision). No retries: a scheduled probe is a single request.
"""

from __future__ import annotations

import gc
import itertools
import math
import signal
import sys
import time
from typing import Any, Dict, List

from chaos.probes.prober.connection import ConnectionTarget
from chaos.probes.prober.loop import Loop
from chaos.probes.prober.output import print_line
from chaos.probes.prober.requests import Client, RequestSeries
from chaos.probes.prober.watching import WatchSeries

REPORT_S = 1.0
# Series start apart, so that their probes do not collide.
SPREAD_S = 0.013
POLL_S = 0.02


class ProberProgram:
    """Runs until its duration is over, a SIGTERM comes, or its output is closed."""

    def __init__(self, config: Dict[str, Any]) -> None:
        self._loop = Loop()
        self._warm_up_s = config["warm_up_s"]
        self._timeout_s = config["client_timeout_s"]
        self._duration_s = math.inf if config["duration_s"] is None else config["duration_s"]
        # no two writes have the same number, not even in two runs of this program
        numbers = itertools.count(int(time.time() * 1000))
        client = Client(
            self._loop,
            ConnectionTarget(config),
            self._timeout_s,
            lambda: next(numbers),
            config["closes_idle_s"],
        )
        self._series: List[RequestSeries] = [
            (WatchSeries if "watch_path" in described else RequestSeries)(client, described)
            for described in config["series"]
        ]
        self._end_s = math.inf

    def run(self) -> None:
        """Open the connection pools, then send every probe at its time."""
        signal.signal(signal.SIGTERM, lambda *_: self._end())
        now_s = time.monotonic()
        self._report(now_s)
        for series in self._series:
            series.warm_up()
        self._start(now_s + self._warm_up_s)
        self._loop.run()

    def _start(self, at_s: float) -> None:
        """Start at a moment, or when the pools are open, at most a timeout later."""
        now_s = time.monotonic()
        cold = any(series.unopened for series in self._series)
        if now_s < at_s or (cold and now_s < at_s + self._timeout_s):
            self._loop.call_at(max(at_s, now_s + POLL_S), lambda: self._start(at_s))
            return
        self._end_s = min(self._end_s, now_s + self._duration_s)
        print_line({"begin_s": now_s})
        for index, series in enumerate(self._series):
            self._schedule(series, now_s + SPREAD_S * index, 0)
        if self._duration_s < math.inf:
            self._loop.call_at(self._end_s, self._end)

    def _schedule(self, series: RequestSeries, start_s: float, count: int) -> None:
        """Send probe `count` when it is due, and then the next: the grid is absolute."""
        scheduled_s = start_s + count / series.rate_hz

        def due() -> None:
            if scheduled_s < self._end_s:
                series.probe(scheduled_s)
                self._schedule(series, start_s, count + 1)

        self._loop.call_at(scheduled_s, due)

    def _end(self) -> None:
        """Send no more probes, and stop when the open ones are over."""
        self._end_s = min(self._end_s, time.monotonic())
        if sum(series.open_probes() for series in self._series):
            self._loop.call_at(time.monotonic() + POLL_S, self._end)
        else:
            print_line({"end_s": self._end_s})
            self._loop.stop()

    def _report(self, at_s: float) -> None:
        """Print the processor time that probing has used."""
        print_line({"cpu_s": time.process_time(), "at_s": time.monotonic()})
        self._loop.call_at(at_s + REPORT_S, lambda: self._report(at_s + REPORT_S))


def run_prober(config: Dict[str, Any]) -> None:
    """Run until the end, or until the output is closed."""
    # objects that live as long as the program are not collected again and again
    gc.freeze()
    gc.set_threshold(50_000)
    try:
        ProberProgram(config).run()
    except BrokenPipeError:
        sys.exit(0)
