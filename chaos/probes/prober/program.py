"""All series of one worker, each on its own schedule."""

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
from chaos.probes.prober.output import say
from chaos.probes.prober.requests import Client, RequestSeries
from chaos.probes.prober.watching import WatchSeries

REPORT_S = 1.0
# Phases are spread, so that series do not start together.
SPREAD_S = 0.013
POLL_S = 0.02


class ProberProgram:
    """Runs until its duration is over, a SIGTERM, or the end of its reader."""

    def __init__(self, config: Dict[str, Any]) -> None:
        self._loop = Loop()
        self._warm_up_s = config["warm_up_s"]
        self._timeout_s = config["client_timeout_s"]
        self._duration_s = math.inf if config["duration_s"] is None else config["duration_s"]
        # no two writes carry the same number, not even those of two runs of this program
        numbers = itertools.count(int(time.time() * 1000))
        client = Client(
            self._loop, ConnectionTarget(config), self._timeout_s, lambda: next(numbers)
        )
        self._series: List[RequestSeries] = [
            (WatchSeries if "watch_path" in described else RequestSeries)(client, described)
            for described in config["series"]
        ]
        self._end_s = math.inf

    def run(self) -> None:
        """Open the pools, then send every probe at its time."""
        signal.signal(signal.SIGTERM, lambda *_: self._end())
        now_s = time.monotonic()
        self._report(now_s)
        for series in self._series:
            series.warm_up()
        self._start(now_s + self._warm_up_s)
        self._loop.run()

    def _start(self, at_s: float) -> None:
        """Start at a moment, or when the pools are open, though not longer than a timeout later."""
        now_s = time.monotonic()
        cold = any(series.opening for series in self._series)
        if now_s < at_s or (cold and now_s < at_s + self._timeout_s):
            self._loop.call_at(max(at_s, now_s + POLL_S), lambda: self._start(at_s))
            return
        self._end_s = min(self._end_s, now_s + self._duration_s)
        say({"begin_s": now_s})
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
        """Send no more, and stop when what is under way is over."""
        self._end_s = min(self._end_s, time.monotonic())
        if sum(series.unfinished() for series in self._series):
            self._loop.call_at(time.monotonic() + POLL_S, self._end)
        else:
            say({"end_s": self._end_s})
            self._loop.stop()

    def _report(self, at_s: float) -> None:
        """Say what the probing itself costs."""
        say({"cpu_s": time.process_time(), "at_s": time.monotonic()})
        self._loop.call_at(at_s + REPORT_S, lambda: self._report(at_s + REPORT_S))


def run(config: Dict[str, Any]) -> None:
    """Run until the end, or until nobody reads."""
    # what lives as long as the program is not looked at again and again
    gc.freeze()
    gc.set_threshold(50_000)
    try:
        ProberProgram(config).run()
    except BrokenPipeError:
        sys.exit(0)
