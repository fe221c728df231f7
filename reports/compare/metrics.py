"""The metrics of a comparison: [EXPERIMENT[/INJECTION]/]PROBE[.CONNECTION].FIGURE. Pure.

A trial's value is that of its worst worker, and without a CONNECTION of its worst connection. What
is compared is the shift of all trials' values; an extreme of them is shown as it was measured.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from reports.errors import ReportError
from reports.locale.message import message

Statistic = Literal["shift", "max", "min"]
# What a metric ended with before its shift was tested.
MEDIAN = "median"


@dataclass(frozen=True)
class Measure:
    """A figure of the table of trials: its columns (the ends of a bracket), which end is worse."""

    lower: str
    upper: str
    unit: str
    meaning: str
    more_is_worse: bool = True


MEASURES = {
    "outage": Measure("outage_lower_s", "outage_upper_s", "s", "longest row of bad requests"),
    "gap": Measure(
        "longest_gap_lower_s",
        "longest_gap_upper_s",
        "s",
        "longest time between two good completions",
    ),
    "degraded": Measure("degraded_lower_s", "degraded_upper_s", "s", "first to last bad request"),
    "recovery": Measure(
        "all_good_after_heal_lower_s",
        "all_good_after_heal_upper_s",
        "s",
        "from the heal until all was good",
    ),
    "leader": Measure("new_leader_s", "new_leader_s", "s", "from the injection to a new leader"),
    "good": Measure(
        "good_share_during", "good_share_during", "share", "good requests during the fault", False
    ),
    "availability": Measure(
        "availability", "availability", "share", "good requests from the injection on", False
    ),
}
_NAME = re.compile(
    r"(?:(?P<experiment>[\w.-]+(?:/[\w.-]+)?)/)?(?P<probe>[a-z-]+)(?:\.(?P<connection>new|reused|direct))?"
    r"\.(?P<figure>[a-z]+?)(?:\.(?P<statistic>median|max|min))?"
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
    statistic: Statistic = "shift"

    @property
    def measure(self) -> Measure:
        """The columns of its values."""
        return MEASURES[self.figure]

    def covers(self, experiment: str) -> bool:
        """Whether it is about an experiment, or about an injection of it."""
        return self.experiment in ("", experiment, experiment.partition("/")[0])

    def measures(self, probe: str, connection: str) -> bool:
        """Whether it is about a series."""
        return probe == self.probe and self.connection in ("", connection)

    def __str__(self) -> str:
        where = f"{self.experiment}/" if self.experiment else ""
        return f"{where}{self.name}"

    @property
    def name(self) -> str:
        """Its name without the experiment."""
        series = f"{self.probe}.{self.connection}" if self.connection else self.probe
        return ".".join([series, self.figure, *([self.statistic] if self.is_extreme else [])])

    @property
    def is_extreme(self) -> bool:
        """Whether it is a maximum or minimum, which has no interval."""
        return self.statistic != "shift"


def parse_metric(text: str) -> ComparedMetric:
    """Read the name of a metric of a limit.

    Raises ReportError: with the list of metrics for a name that there is not, with what to write
    instead for an extreme and for a median.
    """
    name = text.strip()
    match = _NAME.fullmatch(name)
    if not match or match["figure"] not in MEASURES:
        raise ReportError(message("no-such-metric", metric=name, known=known_metrics()))
    if statistic := match["statistic"]:
        instead = name.removesuffix(f".{statistic}")
        key = "median-refused" if statistic == MEDIAN else "extreme-refused"
        raise ReportError(message(key, metric=name, instead=instead))
    return ComparedMetric(
        match["experiment"] or "", match["probe"], match["connection"] or "", match["figure"]
    )


def known_metrics() -> str:
    """Return how metrics are named."""
    figures = ", ".join(f"{name} ({measure.meaning})" for name, measure in MEASURES.items())
    return (
        "a metric is [EXPERIMENT[/INJECTION]/]PROBE[.CONNECTION].FIGURE, for example "
        f"write.new.outage; figures: {figures}"
    )
