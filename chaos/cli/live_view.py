"""A table in a terminal that is drawn anew while samples arrive; elsewhere there is none."""

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
from reports.locale.catalogue import words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from chaos.probes.series import Series
    from reports.history.samples import Sample

WINDOW_S = 40
REFRESH_HZ = 4
BARS = "▁▂▃▄▅▆▇█"
# Keys of the catalogue; the first column and the last two are texts.
COLUMNS = (
    *("console-series", "console-requests", "good", "console-median", "console-p99"),
    *("console-now", "console-last"),
)
# The percentiles are those of so many of the latest requests.
LATEST = 500


class LiveLane:
    """One series: the share of good requests by second, and the latencies."""

    def __init__(self) -> None:
        self.total = self.good = 0
        self.error = ""
        self.latencies_s: deque[float] = deque(maxlen=LATEST)
        self.seconds: dict[int, list[bool]] = {}

    def take(self, sample: Sample, deadline_s: float) -> None:
        """Count one request."""
        good = is_good(sample, deadline_s)
        self.total += 1
        self.good += good
        self.error = "" if good else sample.error or "console-late"
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
        """Return a percentile of the latest latencies."""
        ordered = sorted(self.latencies_s)
        return f"{1000 * ordered[int(part * (len(ordered) - 1))]:.1f}" if ordered else "–"


class Follower:
    """The lanes of all series: a reader of samples fills them, and the screen draws them."""

    def __init__(self, series: Sequence[Series], deadline_s: float, lang: str) -> None:
        self._deadline_s = deadline_s
        self._words = words_of(lang)
        self._lock = threading.Lock()
        self._lanes = {(each.probe, each.connection): LiveLane() for each in series}
        self._begun_s = time.monotonic()

    def take(self, sample: Sample) -> None:
        """Count one request."""
        with self._lock:
            self._lanes[sample.probe, sample.connection].take(sample, self._deadline_s)

    def __rich__(self) -> Table:
        """Return the table as it is now."""
        table = Table(title=f"{time.monotonic() - self._begun_s:.0f} s", title_justify="left")
        for place, column in enumerate(COLUMNS):
            is_text = place == 0 or place >= len(COLUMNS) - 2
            heading = self._words[column].format(seconds=WINDOW_S)
            table.add_column(heading, justify="left" if is_text else "right")
        with self._lock:
            for (probe, connection), lane in self._lanes.items():
                share = f"{100 * lane.good / lane.total:.2f} %" if lane.total else "–"
                table.add_row(
                    f"{self._words[probe]} {self._words[connection]}",
                    *(str(lane.total), share),
                    *(lane.percentile_ms(0.5), lane.percentile_ms(0.99)),
                    self._now(lane),
                    lane.sparkline(),
                )
        return table

    def _now(self, lane: LiveLane) -> Text:
        """Return how the last request of a lane ended."""
        if not lane.total:
            return Text("–")
        if lane.error:
            return Text(self._words.get(lane.error, lane.error), style="red")
        return Text(self._words["good"], style="green")


@contextmanager
def following(
    series: Sequence[Series], deadline_s: float, lang: str, *, live: bool
) -> Iterator[Callable[[Sample], None]]:
    """Yield a function that takes samples; with `live` a terminal on standard error shows them."""
    console = Console(stderr=True)
    if not live or not console.is_terminal:
        yield lambda _: None
        return
    follower = Follower(series, deadline_s, lang)
    with Live(console=console, refresh_per_second=REFRESH_HZ, get_renderable=follower.__rich__):
        yield follower.take
