"""Known spans against the outages that the reports' own analysis finds. Pure.

A request takes up to S to be served. A bad one may have begun S before the outage, and one that
begins as it ends may be served S later; so the lower end of a bracket, of bad starts, may exceed
the truth by 2 S, and the upper end may fall short of it by S. S is the longest that a good request
of the series took within a second of the span. Both are reported: whether the truth lies inside
the bracket as it stands, and with S. Where the machine was so busy that S, or the lateness of a
probe, was over half a period, the span is disturbed: its truth is not known well enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaos.selftest.known_outages.spans import DEADLINE_S, PERIOD_S
from reports.analysis.outages import mark_good, outages

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from chaos.selftest.known_outages.spans import Span

WIDEST_PERIODS = 2.5
NEAR_S = 1.0
DISTURBED_S = PERIOD_S / 2


@dataclass(frozen=True)
class Row:
    """A span on a mode of connection. `outages`: how many were measured; widths in periods."""

    span: Span
    connection: str
    outages: int
    least_s: float
    most_s: float
    lower_s: float
    upper_s: float
    service_s: float
    late_s: float

    @property
    def disturbed(self) -> bool:
        """Whether the machine, and not the server, may have decided what was measured."""
        switched_s = self.span.began_s - self.span.begin_s + self.span.ended_s - self.span.end_s
        # without any good request near it, S is no number, and no comparison holds
        delays_s = (self.service_s, self.late_s, switched_s)
        return not all(delay_s <= DISTURBED_S for delay_s in delays_s)

    @property
    def missed(self) -> bool:
        """Whether there is no outage although the span was longer than a period."""
        return not self.outages and self.least_s > PERIOD_S + self.service_s

    @property
    def invented(self) -> int:
        """How many more outages were measured than there were."""
        return self.outages - (1 if self.most_s > 0 else 0) if self.outages else 0

    @property
    def strictly_inside(self) -> bool:
        """Whether the bracket as it stands holds the truth, where there is an outage."""
        return not self.outages or (self.lower_s <= self.most_s and self.least_s <= self.upper_s)

    @property
    def inside(self) -> bool:
        """The same, with the time that a request takes to be served."""
        return not self.outages or (
            self.lower_s - 2 * self.service_s <= self.most_s
            and self.least_s <= self.upper_s + self.service_s
        )

    @property
    def width_periods(self) -> float:
        """How wide the bracket is."""
        return (self.upper_s - self.lower_s) / PERIOD_S if self.outages else 0.0

    @property
    def wrong(self) -> bool:
        """Whether what was measured is not what was."""
        too_wide = self.width_periods > WIDEST_PERIODS
        return self.missed or self.invented > 0 or not self.inside or too_wide


def rows_of(samples: pd.DataFrame, spans: Sequence[Span]) -> tuple[list[Row], int]:
    """Return a row for each span and mode, and how many outages lie near no span at all."""
    marked = mark_good(samples, DEADLINE_S)
    measured = outages(marked, 0.0)
    rows, strays = [], len(measured)
    for (worker, connection), series in marked.groupby(["worker", "connection"]):
        of_series = measured[
            (measured["worker"] == worker) & (measured["connection"] == connection)
        ]
        for span in (span for span in spans if span.lane == worker):
            starts_s = of_series["start_s"]
            near = starts_s.between(span.begin_s - 2 * PERIOD_S, span.ended_s + NEAR_S)
            strays -= int(near.sum())
            rows.append(_row(span, str(connection), series, of_series[near]))
    return rows, strays


def _row(span: Span, connection: str, series: pd.DataFrame, measured: pd.DataFrame) -> Row:
    starts_s = series["started_s"]
    near = series[starts_s.between(span.begin_s - NEAR_S, span.ended_s + NEAR_S)]
    outside = near[(near["ended_s"] < span.begin_s) | (near["started_s"] > span.ended_s)]
    good = outside[outside["good"]]
    least_s, most_s = span.shown_s(connection)
    return Row(
        span,
        connection,
        len(measured),
        least_s,
        most_s,
        lower_s=float(measured["lower_s"].max()) if len(measured) else 0.0,
        upper_s=float(measured["upper_s"].max()) if len(measured) else 0.0,
        service_s=float((good["ended_s"] - good["started_s"]).max()),
        late_s=float((near["started_s"] - near["scheduled_s"]).max()),
    )
