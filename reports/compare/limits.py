"""A limit on a change, judged in three values: shown to be passed, shown to be kept, or unknown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.bracket import Bracket
from reports.compare.estimates import LEAST_TRIALS, change
from reports.compare.metrics import parse_metric
from reports.errors import ReportError
from reports.verdict import Verdict, worst

if TYPE_CHECKING:
    from reports.compare.estimates import Form
    from reports.compare.metrics import ComparedMetric
    from reports.compare.sides import Side
    from reports.verdict import VerdictValue

_GATE = re.compile(
    r"(?P<metric>[^<>\s]+)\s*(?P<sign>[<>])\s*(?P<number>[+-]?\d+(?:\.\d+)?)\s*(?P<unit>x|s)?"
)
FORMS = {"ratio": "B / A", "difference": "B - A", "value": "B"}


@dataclass(frozen=True)
class Limit:
    """What fails: a metric's change above or below a limit."""

    text: str
    metric: ComparedMetric
    above: bool
    limit: float
    form: Form

    def kind_of(self, change: Bracket) -> VerdictValue:
        """Hold a change against the limit."""
        return change.compare("at_most" if self.above else "at_least", Bracket.exact(self.limit))


def parse_limit(text: str) -> Limit:
    """Read METRIC > 1.2x (B over A), METRIC > +0.5s (B less A) or METRIC > 2s (B alone); or <.

    Raises ReportError.
    """
    found = _GATE.fullmatch(text.strip())
    if not found:
        raise ReportError(
            f"{text!r} is no limit: write METRIC > 1.2x, METRIC > +0.5s or METRIC > 2s, or < "
        )
    form: Form = "value"
    if found["unit"] == "x":
        form = "ratio"
    elif found["number"][0] in "+-":
        form = "difference"
    metric = parse_metric(found["metric"])
    if found["unit"] == "s" and metric.measure.unit != "s":
        raise ReportError(f"{text!r}: {metric} is a share and has no seconds")
    return Limit(text.strip(), metric, found["sign"] == ">", float(found["number"]), form)


def judge_limits(gate: Limit, a: Side, b: Side, differing: list[str]) -> Verdict:
    """Judge a gate over every experiment that both sides have: the worst decides."""
    metric = gate.metric
    common = [experiment for experiment in b.experiments() if experiment in a.experiments()]
    chosen = [experiment for experiment in common if metric.covers(experiment)]
    if not chosen:
        what = metric.experiment or "any experiment"
        return Verdict(gate.text, "compare", "unknown", f"the two have no trials of {what}")
    if blind := [text for text in differing if text.startswith("deadline_s")]:
        return Verdict(
            gate.text, "compare", "unknown", f"what is a good request differs: {blind[0]}"
        )
    judged = [_judge_one(gate, experiment, a, b) for experiment in chosen]
    kind = worst(found for found, _ in judged)
    return Verdict(gate.text, "compare", kind, "; ".join(n for found, n in judged if found == kind))


def _judge_one(gate: Limit, experiment: str, a: Side, b: Side) -> tuple[VerdictValue, str]:
    metric = gate.metric
    ours, theirs = a.values(metric, experiment), b.values(metric, experiment)
    counts = len(ours[0]), len(theirs[0])
    found = change(gate.form, metric.statistic, ours, theirs)
    if found is None:
        return "unknown", (
            f"{experiment}: {counts[0]} and {counts[1]} trials, {LEAST_TRIALS} of each are needed"
        )
    unit = "x" if gate.form == "ratio" else metric.measure.unit
    return gate.kind_of(found), (
        f"{experiment}: {FORMS[gate.form]} is in [{found.lower:.3g}, {found.upper:.3g}] {unit}"
    )
