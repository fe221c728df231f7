"""Brackets, and figures: what was measured, as two ends between which the true value lies."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from reports.locale.message import verbatim

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.locale.message import Message
    from reports.verdict import VerdictValue

Op = Literal["at_most", "at_least", "equals"]
SIGNS: dict[Op, str] = {"at_most": "≤", "at_least": "≥", "equals": "="}
# of a number that nobody measured: a bound as written, a figure that is unknown
NO_EVIDENCE = verbatim("")


@dataclass(frozen=True)
class Bracket:
    """The true value lies between the ends, or is one of them; both are the same if it is exact.

    An infinite upper end: no end was observed. Ends that are NaN: nothing was measured.
    """

    lower: float
    upper: float

    @classmethod
    def exact(cls, value: float) -> Bracket:
        """Return the bracket that is a point."""
        return cls(float(value), float(value))

    @classmethod
    def largest(cls, brackets: Sequence[Bracket]) -> Bracket:
        """Return between which ends the largest of these lies, of at least one."""
        lower = max(bracket.lower for bracket in brackets)
        return cls(lower, max(bracket.upper for bracket in brackets))

    @property
    def is_exact(self) -> bool:
        """Whether it is a point."""
        return self.lower == self.upper

    def shifted(self, by: float) -> Bracket:
        """Return the bracket of the value plus `by`."""
        return Bracket(self.lower + by, self.upper + by)

    def compare(self, op: Op, bound: Bracket) -> VerdictValue:
        """Compare it with a bound; unknown where both answers are possible."""
        if op == "at_least":
            return bound.compare("at_most", self)
        if op == "at_most":
            if self.upper <= bound.lower:
                return "holds"
            return "violated" if self.lower > bound.upper else "unknown"
        if self.is_exact and self == bound:
            return "holds"
        apart = self.upper < bound.lower or self.lower > bound.upper
        return "violated" if apart else "unknown"

    def text(self, form: str = ".4g") -> str:
        """Write it for readers of any language; `form`: of each end, as format() takes."""
        if math.isnan(self.lower) or math.isnan(self.upper):
            return "?"
        lower, upper = (f"{end:{form}}" for end in (self.lower, self.upper))
        if self.is_exact:
            return lower
        if math.isinf(self.upper):
            return f"≥ {lower}"
        return f"≤ {upper}" if math.isinf(self.lower) else f"{lower} – {upper}"

    def __str__(self) -> str:
        return self.text()


@dataclass(frozen=True)
class Figure:
    """A measured number with its evidence: what verdicts and claims are decided by.

    `trials`: of how many trials the bracket is a confidence interval; 0 where it is none.
    `evidence`: what was observed. `unknown`: why nothing can be said, None where something can.
    A truth value is 1.0 or 0.0.
    """

    bracket: Bracket
    evidence: Message
    unknown: Message | None = None
    trials: int = 0

    def judge(self, op: Op, bound: Bracket) -> VerdictValue:
        """Compare it with a bound; unknown where it was not measured."""
        return "unknown" if self.unknown else self.bracket.compare(op, bound)


def exact(value: float, evidence: Message) -> Figure:
    """Return a figure without a bracket."""
    return Figure(Bracket.exact(value), evidence)


def unknown(reason: Message) -> Figure:
    """Return the figure that was not measured."""
    return Figure(Bracket(math.nan, math.nan), NO_EVIDENCE, reason)
