"""A limit on a change, judged in three values: passed, kept, or unknown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.bracket import Bracket
from reports.compare.differences import DEADLINE, run_differences
from reports.compare.estimates import LEAST_TRIALS, change
from reports.compare.metrics import parse_metric
from reports.errors import ReportError
from reports.locale.message import joined, message
from reports.verdict import Verdict, worst

if TYPE_CHECKING:
    from reports.compare.estimates import Form
    from reports.compare.metrics import ComparedMetric
    from reports.compare.sides import Side
    from reports.locale.message import Message
    from reports.verdict import VerdictValue

_LIMIT = re.compile(
    r"(?P<metric>[^<>\s]+)\s*(?P<sign>[<>])\s*(?P<number>[+-]?\d+(?:\.\d+)?)\s*(?P<unit>x|s)?"
)
FORMS = {"ratio": "B / A", "difference": "B - A", "value": "B"}


@dataclass(frozen=True)
class Limit:
    """A metric's change must not be above (`above`) or below a limit. `text`: as it was given."""

    text: str
    metric: ComparedMetric
    above: bool
    limit: float
    form: Form

    def judge(self, change: Bracket) -> VerdictValue:
        """Compare a change with the limit."""
        return change.compare("at_most" if self.above else "at_least", Bracket.exact(self.limit))


def parse_limit(text: str) -> Limit:
    """Read METRIC > 1.2x (B over A), METRIC > +0.5s (B less A) or METRIC > 2s (B alone); or <.

    Raises ReportError.
    """
    match = _LIMIT.fullmatch(text.strip())
    if not match:
        raise ReportError(
            f"{text!r} is no limit: write METRIC > 1.2x, METRIC > +0.5s or METRIC > 2s, or < "
        )
    form: Form = "value"
    if match["unit"] == "x":
        form = "ratio"
    elif match["number"][0] in "+-":
        form = "difference"
    metric = parse_metric(match["metric"])
    if match["unit"] == "s" and metric.measure.unit != "s":
        raise ReportError(f"{text!r}: {metric} is a share and has no seconds")
    return Limit(text.strip(), metric, match["sign"] == ">", float(match["number"]), form)


def judge_limit(limit: Limit, a: Side, b: Side) -> Verdict:
    """Judge a limit over every experiment that both sides have: the worst decides."""
    metric = limit.metric
    common = [experiment for experiment in b.experiments() if experiment in a.experiments()]
    chosen = [experiment for experiment in common if metric.covers(experiment)]
    if not chosen:
        experiment = metric.experiment or message("any-experiment")
        note = message("no-common-trials", experiment=experiment)
        return Verdict(limit.text, "compare", "unknown", note)
    if deadlines := run_differences(DEADLINE, a, b):
        note = message("good-requests-differ", difference=deadlines[0])
        return Verdict(limit.text, "compare", "unknown", note)
    judged = [_judge_experiment(limit, experiment, a, b) for experiment in chosen]
    decisive = worst(verdict for verdict, _ in judged)
    notes = [note for verdict, note in judged if verdict == decisive]
    return Verdict(limit.text, "compare", decisive, joined(*notes))


def _judge_experiment(
    limit: Limit, experiment: str, a: Side, b: Side
) -> tuple[VerdictValue, Message]:
    metric = limit.metric
    of_a, of_b = a.values(metric, experiment), b.values(metric, experiment)
    interval = change(limit.form, metric.statistic, of_a, of_b)
    if interval is None:
        return "unknown", message(
            "trials-of-sides",
            experiment=experiment,
            a=len(of_a[0]),
            b=len(of_b[0]),
            needed=LEAST_TRIALS,
        )
    return limit.judge(interval), message(
        "change-between",
        experiment=experiment,
        form=FORMS[limit.form],
        lower=interval.lower,
        upper=interval.upper,
        unit="x" if limit.form == "ratio" else metric.measure.unit,
    )
