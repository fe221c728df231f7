"""Known spans against the outages that the reports' own analysis finds. Pure.

A request takes up to S to be served. A bad one may have begun S before the outage, and one that
begins as it ends may be served S later; so the lower end of a bracket, of bad starts, may exceed
the truth by 2 S, and the upper end may fall short of it by S. S is the longest that a good request
of the series took within a second of the span. Both are said: whether the truth lies inside the
bracket as it stands, and with S. Where the machine was so busy that S, or the lateness of a probe,
was over half a period, the span is disturbed: its truth is not known well enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.analysis.outages import mark_good, outages
from tests.truth.spans import DEADLINE_S, PERIOD_S

if TYPE_CHECKING:
    import pandas as pd

    from tests.truth.spans import Span

WIDEST_PERIODS = 2.5
NEAR_S = 1.0
DISTURBED_S = PERIOD_S / 2


@dataclass(frozen=True)
class Row:
    """One span on one mode of connection. `found`: how many outages; widths in periods."""

    span: Span
    connection: str
    found: int
    least_s: float
    most_s: float
    lower_s: float
    upper_s: float
    service_s: float
    late_s: float

    @property
    def disturbed(self) -> bool:
        """Whether the machine, and not the server, may have decided what was seen."""
        switched_s = self.span.began_s - self.span.begin_s + self.span.ended_s - self.span.end_s
        # without any good request near it, S is no number, and no comparison holds
        return not all(one <= DISTURBED_S for one in (self.service_s, self.late_s, switched_s))

    @property
    def missed(self) -> bool:
        """Nothing was seen of what lasted longer than a period: a probe began within it."""
        return not self.found and self.least_s > PERIOD_S + self.service_s

    @property
    def invented(self) -> int:
        """More outages than there were."""
        return self.found - (1 if self.most_s > 0 else 0) if self.found else 0

    @property
    def strictly_inside(self) -> bool:
        """Whether the bracket as it stands holds the truth, where anything was seen."""
        return not self.found or (self.lower_s <= self.most_s and self.least_s <= self.upper_s)

    @property
    def inside(self) -> bool:
        """The same, with the time that a request takes to be served."""
        return not self.found or (
            self.lower_s - 2 * self.service_s <= self.most_s
            and self.least_s <= self.upper_s + self.service_s
        )

    @property
    def width_periods(self) -> float:
        """How wide the bracket is."""
        return (self.upper_s - self.lower_s) / PERIOD_S if self.found else 0.0


def judged(samples: pd.DataFrame, spans: list[Span]) -> tuple[list[Row], int]:
    """Return a row for each span and mode, and how many outages lie near no span at all."""
    marked = mark_good(samples, DEADLINE_S)
    found = outages(marked, 0.0)
    rows, strays = [], len(found)
    for (worker, connection), series in marked.groupby(["worker", "connection"]):
        mine = found[(found["worker"] == worker) & (found["connection"] == connection)]
        for span in (one for one in spans if one.lane == worker):
            seen = mine[mine["start_s"].between(span.begin_s - 2 * PERIOD_S, span.ended_s + NEAR_S)]
            strays -= len(seen)
            rows.append(_row(span, str(connection), series, seen))
    return rows, strays


def _row(span: Span, connection: str, series: pd.DataFrame, seen: pd.DataFrame) -> Row:
    starts_s = series["started_s"]
    near = series[starts_s.between(span.begin_s - NEAR_S, span.ended_s + NEAR_S)]
    outside = near[(near["ended_s"] < span.begin_s) | (near["started_s"] > span.ended_s)]
    good = outside[outside["good"]]
    return Row(
        span,
        connection,
        len(seen),
        *span.shown_s(connection),
        lower_s=float(seen["lower_s"].max()) if len(seen) else 0.0,
        upper_s=float(seen["upper_s"].max()) if len(seen) else 0.0,
        service_s=float((good["ended_s"] - good["started_s"]).max()),
        late_s=float((near["started_s"] - near["scheduled_s"]).max()),
    )
