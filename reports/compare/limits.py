"""A limit on a change, as it is written: METRIC > 1.2x, METRIC > +0.5s, METRIC > 2s, or with <."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.compare.metrics import parse_metric
from reports.errors import ReportError
from reports.locale.message import message

if TYPE_CHECKING:
    from reports.compare.metrics import ComparedMetric
    from reports.compare.shift import Form

_AMOUNT = r"(?P<number>[+-]?\d+(?:\.\d+)?)\s*(?P<unit>x|s)?"
_LIMIT = re.compile(rf"(?P<metric>[^<>\s]+)\s*(?P<sign>[<>])\s*{_AMOUNT}")
# A change of this form that is to be found is so far beyond a limit, if nobody says how far.
RATIO_BEYOND = 1.25
TIMES_BEYOND = 2.0


@dataclass(frozen=True)
class Amount:
    """A change, or a value of B alone: its form, and its number."""

    form: Form
    number: float

    def text(self, unit: str) -> str:
        """Write it as it is read; `unit`: of its metric."""
        if self.form == "ratio":
            return f"{self.number:.3g}x"
        seconds = "s" if unit == "s" else ""
        return f"{self.number:{'+' if self.form == 'difference' else ''}.3g}{seconds}"


@dataclass(frozen=True)
class Limit:
    """A metric's change must not be above (`above`) or below an amount. `text`: as it was given."""

    text: str
    metric: ComparedMetric
    above: bool
    amount: Amount

    @property
    def form(self) -> Form:
        """Of its amount."""
        return self.amount.form

    @property
    def number(self) -> float:
        """Of its amount."""
        return self.amount.number

    @property
    def unchanged(self) -> float | None:
        """The number of no change; None for B alone."""
        return {"ratio": 1.0, "difference": 0.0, "value": None}[self.form]

    def beyond(self) -> float:
        """Return a number that lies as far beyond the limit as is worth finding.

        A ratio is further by RATIO_BEYOND, an amount by TIMES_BEYOND: 1.5x of 1.2x, +1s of +0.5s.
        """
        if self.form == "ratio":
            return self.number * (RATIO_BEYOND if self.above else 1 / RATIO_BEYOND)
        outward = self.number > 0 if self.above else self.number < 0
        return self.number * TIMES_BEYOND if outward else self.number / TIMES_BEYOND


def parse_limit(text: str) -> Limit:
    """Read METRIC > 1.2x (B over A), METRIC > +0.5s (B less A) or METRIC > 2s (B alone); or <.

    Shares have differences and values, no ratios. Raises ReportError.
    """
    match = _LIMIT.fullmatch(text.strip())
    if not match:
        raise ReportError(message("no-such-limit", limit=text))
    metric = parse_metric(match["metric"])
    amount = _amount(match)
    if metric.measure.unit != "s" and match["unit"]:
        raise ReportError(message("limit-of-a-share", limit=text, metric=str(metric)))
    if amount.form == "ratio" and amount.number <= 0:
        raise ReportError(message("no-such-ratio", limit=text))
    return Limit(text.strip(), metric, match["sign"] == ">", amount)


def parse_amount(text: str) -> Amount:
    """Read a change that is to be found: 1.5x, +1s, -0.02. Raises ReportError."""
    match = re.fullmatch(_AMOUNT, text.strip())
    if not match:
        raise ReportError(message("no-such-amount", amount=text))
    return _amount(match)


def _amount(match: re.Match[str]) -> Amount:
    form: Form = "value"
    if match["unit"] == "x":
        form = "ratio"
    elif match["number"][0] in "+-":
        form = "difference"
    return Amount(form, float(match["number"]))
