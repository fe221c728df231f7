"""A table that follows what is measured, in a terminal. Elsewhere it stays away."""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from chaos.probes.series import is_good

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from chaos.probes.series import Series
    from reports.history.samples import Sample

WINDOW_S = 40
REFRESH_HZ = 4
BARS = "▁▂▃▄▅▆▇█"
COLUMNS = ("series", "requests", "good", "median ms", "p99 ms", "now", f"last {WINDOW_S} s")
# Latencies of so many of the youngest requests are shown.
YOUNGEST = 500


class LiveLane:
    """What one series shows: the share of good requests by second, and the latencies."""

    def __init__(self) -> None:
        self.total = self.good = 0
        self.error = ""
        self.latencies_s: deque[float] = deque(maxlen=YOUNGEST)
        self.seconds: dict[int, list[bool]] = {}

    def take(self, sample: Sample, deadline_s: float) -> None:
        """Count one request."""
        good = is_good(sample, deadline_s)
        self.total += 1
        self.good += good
        self.error = "" if good else sample.error or "late"
        if sample.outcome == "ok":
            self.latencies_s.append(sample.ended_s - sample.started_s)
        self.seconds.setdefault(int(sample.started_s), []).append(good)
        while len(self.seconds) > WINDOW_S:
            del self.seconds[min(self.seconds)]

    def sparkline(self) -> Text:
        """Return a bar a second: full for all good, lower and red for less."""
        text = Text()
        for second in range(min(self.seconds, default=0), max(self.seconds, default=-1) + 1):
            answers = self.seconds.get(second)
            if not answers:
                text.append("·", style="dim")
                continue
            share = sum(answers) / len(answers)
            text.append(BARS[int(share * (len(BARS) - 1))], style="green" if share == 1 else "red")
        return text

    def percentile_ms(self, part: float) -> str:
        """Return a percentile of the youngest latencies."""
        ordered = sorted(self.latencies_s)
        return f"{1000 * ordered[int(part * (len(ordered) - 1))]:.1f}" if ordered else "–"


class Follower:
    """Lanes of all series; asked by the screen, told by the reader of samples."""

    def __init__(self, series: Sequence[Series], deadline_s: float) -> None:
        self._deadline_s = deadline_s
        self._lock = threading.Lock()
        self._lanes = {(one.probe, one.connection): LiveLane() for one in series}
        self._begun_s = time.monotonic()

    def take(self, sample: Sample) -> None:
        """Count one request."""
        with self._lock:
            self._lanes[sample.probe, sample.connection].take(sample, self._deadline_s)

    def __rich__(self) -> Table:
        """Return the table as it is now."""
        table = Table(title=f"{time.monotonic() - self._begun_s:.0f} s", title_justify="left")
        for column in COLUMNS:
            table.add_column(
                column, justify="right" if column not in (COLUMNS[0], *COLUMNS[5:]) else "left"
            )
        with self._lock:
            for (probe, connection), lane in self._lanes.items():
                share = f"{100 * lane.good / lane.total:.2f} %" if lane.total else "–"
                now = Text(lane.error, style="red") if lane.error else Text("good", style="green")
                table.add_row(
                    f"{probe} {connection}",
                    *(str(lane.total), share),
                    *(lane.percentile_ms(0.5), lane.percentile_ms(0.99)),
                    now if lane.total else Text("–"),
                    lane.sparkline(),
                )
        return table


@contextmanager
def following(
    series: Sequence[Series], deadline_s: float, *, live: bool
) -> Iterator[Callable[[Sample], None]]:
    """Give what takes samples; with `live` a terminal on standard error shows them."""
    console = Console(stderr=True)
    if not live or not console.is_terminal:
        yield lambda _: None
        return
    follower = Follower(series, deadline_s)
    with Live(console=console, refresh_per_second=REFRESH_HZ, get_renderable=follower.__rich__):
        yield follower.take
