"""From figures to the verdicts of claims. Pure; a claim without its figure is unknown."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from reports.analysis.figures import Figure, unknown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reports.analysis.verdict import Kind
    from reports.history.claims import Check, Claim, ClaimsRecord

    # experiment -> figure's name -> figure
    Figures = Mapping[str, Mapping[str, Figure]]

SIGNS = {"equals": "=", "at_most": "≤", "at_least": "≥"}


@dataclass(frozen=True)
class CheckVerdict:
    """One check, judged: what was measured, what it was held against, and the evidence."""

    check: Check
    verdict: Kind
    measured: str
    wanted: str
    evidence: str

    @property
    def experiment(self) -> str:
        """The experiment whose figure was judged."""
        return self.check.figure.partition("/")[0]


@dataclass(frozen=True)
class ClaimVerdict:
    """One claim: its worst check decides, and is named."""

    claim: Claim
    verdict: Kind
    checks: list[CheckVerdict]

    @property
    def deciding(self) -> CheckVerdict:
        """The check that the verdict comes from."""
        return next(one for one in self.checks if one.verdict == self.verdict)


@dataclass(frozen=True)
class ClaimsAnalysis:
    """A document, judged. `tables`: name -> data frame."""

    record: ClaimsRecord
    verdicts: list[ClaimVerdict]
    figures: Figures
    tables: dict[str, pd.DataFrame]


def analyse_claims(record: ClaimsRecord, figures: Figures) -> ClaimsAnalysis:
    """Judge every claim of a document."""
    verdicts = [judge_claim(claim, figures, record) for claim in record.claims]
    rows = [
        {
            "id": one.claim.id,
            "statement": one.claim.statement.en,
            "source": one.claim.source,
            "verdict": one.verdict,
            "figure": check.check.figure,
            "measured": check.measured,
            "wanted": check.wanted,
            "check_verdict": check.verdict,
            "evidence": check.evidence,
        }
        for one in verdicts
        for check in one.checks
    ]
    return ClaimsAnalysis(record, verdicts, figures, {"claims": pd.DataFrame(rows)})


def judge_claim(claim: Claim, figures: Figures, record: ClaimsRecord) -> ClaimVerdict:
    """Judge one claim: violated if any check is, else unknown if any is."""
    checks = [_judge(check, figures, record) for check in claim.expect]
    kinds = [check.verdict for check in checks]
    worst: Sequence[Kind] = ("violated", "unknown", "holds")
    return ClaimVerdict(claim, next(kind for kind in worst if kind in kinds), checks)


def find(name: str, figures: Figures, record: ClaimsRecord) -> Figure:
    """Return the figure EXPERIMENT/NAME, or an unknown one that says why it is not there."""
    experiment, _, key = name.partition("/")
    measured = figures.get(experiment, {})
    for known in (key, key.partition(".")[0]):
        if known in measured:
            return measured[known]
    ran = record.experiments.get(experiment)
    if ran is None:
        return unknown(f"experiment {experiment} was not run")
    return unknown(ran.reason or f"experiment {experiment} has no figure {key}")


def _judge(check: Check, figures: Figures, record: ClaimsRecord) -> CheckVerdict:
    figure = find(check.figure, figures, record)
    if isinstance(check.value, str):
        other = find(check.value, figures, record)
    else:
        other = Figure(check.value, check.value, "")
    wanted = f"{SIGNS[check.op]} {text(other, check.plus)}"
    if isinstance(check.value, str):
        wanted += f" ({check.value}{f' and {check.plus:g}' if check.plus else ''})"
    if reason := figure.unknown or other.unknown:
        return CheckVerdict(check, "unknown", "?", wanted, reason)
    kind = compare(check, figure, other)
    evidence = figure.evidence
    if isinstance(check.value, str):
        evidence = f"{evidence}; against: {other.evidence}"
    return CheckVerdict(check, kind, text(figure), wanted, evidence)


def compare(check: Check, figure: Figure, other: Figure) -> Kind:
    """Hold two brackets against each other; what both answers are possible for is unknown."""
    low, high = other.lower + check.plus, other.upper + check.plus
    if check.op == "equals":
        if figure.lower == figure.upper == low == high:
            return "holds"
        apart = figure.upper < low or figure.lower > high
        return "violated" if apart else "unknown"
    if check.op == "at_most":
        if figure.upper <= low:
            return "holds"
        return "violated" if figure.lower > high else "unknown"
    if figure.lower >= high:
        return "holds"
    return "violated" if figure.upper < low else "unknown"


def text(figure: Figure, plus: float = 0.0) -> str:
    """Write a figure as people read it."""
    if figure.unknown:
        return "?"
    lower, upper = figure.lower + plus, figure.upper + plus
    if lower == upper:
        return f"{lower:.4g}"
    if math.isinf(upper):
        return f"at least {lower:.3g}"
    return f"[{lower:.3g}, {upper:.3g}]"
