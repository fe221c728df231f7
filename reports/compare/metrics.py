"""The metrics of a comparison: [EXPERIMENT[/INJECTION]/]PROBE[.CONNECTION].FIGURE.STATISTIC. Pure.

A trial's value is that of its worst worker, and without a CONNECTION of its worst connection. The
statistic is taken over trials.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reports.errors import ReportError


@dataclass(frozen=True)
class Measure:
    """A figure of the table of trials: its columns (the ends of a bracket), which end is worse."""

    lower: str
    upper: str
    unit: str
    meaning: str
    more_is_worse: bool = True


MEASURES = {
    "outage": Measure(
        "outage_lower_s", "outage_upper_s", "s", "longest row of bad requests, a bracket"
    ),
    "gap": Measure(
        "longest_gap_s", "longest_gap_s", "s", "longest time between two good completions"
    ),
    "degraded": Measure("degraded_s", "degraded_s", "s", "first to last bad request"),
    "recovery": Measure(
        "all_good_after_heal_s", "all_good_after_heal_s", "s", "from the heal until all was good"
    ),
    "leader": Measure("new_leader_s", "new_leader_s", "s", "from the injection to a new leader"),
    "good": Measure(
        "hold_good_share", "hold_good_share", "share", "good requests during the fault", False
    ),
    "availability": Measure(
        "availability", "availability", "share", "good requests from the injection on", False
    ),
}
STATISTICS = ("median", "max", "min")
_NAME = re.compile(
    r"(?:(?P<experiment>[\w.-]+(?:/[\w.-]+)?)/)?(?P<probe>[a-z-]+)(?:\.(?P<connection>new|reused|direct))?"
    r"\.(?P<figure>[a-z]+)\.(?P<statistic>[a-z]+)"
)


@dataclass(frozen=True)
class ComparedMetric:
    """A figure of a kind of request; `experiment` and `connection` are "" for all of them.

    `experiment` stands for all its injections, or is EXPERIMENT/INJECTION.
    """

    experiment: str
    probe: str
    connection: str
    figure: str
    statistic: str

    @property
    def measure(self) -> Measure:
        """The columns of its values."""
        return MEASURES[self.figure]

    def covers(self, experiment: str) -> bool:
        """Whether it is about an experiment, or about an injection of it."""
        return self.experiment in ("", experiment, experiment.partition("/")[0])

    def __str__(self) -> str:
        where = f"{self.experiment}/" if self.experiment else ""
        return f"{where}{self.name}"

    @property
    def name(self) -> str:
        """Its name without the experiment."""
        series = f"{self.probe}.{self.connection}" if self.connection else self.probe
        return f"{series}.{self.figure}.{self.statistic}"


def parse_metric(text: str) -> ComparedMetric:
    """Read the name of a metric. Raises ReportError, which lists the metrics."""
    match = _NAME.fullmatch(text.strip())
    if not match or match["figure"] not in MEASURES or match["statistic"] not in STATISTICS:
        raise ReportError(f"there is no metric {text.strip()!r}; {known_metrics()}")
    return ComparedMetric(
        match["experiment"] or "",
        match["probe"],
        match["connection"] or "",
        match["figure"],
        match["statistic"],
    )


def known_metrics() -> str:
    """Return how metrics are named."""
    figures = ", ".join(f"{name} ({measure.meaning})" for name, measure in MEASURES.items())
    return (
        "a metric is [EXPERIMENT[/INJECTION]/]PROBE[.CONNECTION].FIGURE.STATISTIC, for example "
        f"write.new.outage.median; figures: {figures}; statistics: {', '.join(STATISTICS)}"
    )
