"""From figures to the verdicts of claims. Pure; a claim without its figure is unknown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from reports.bracket import SIGNS, Figure, exact, unknown
from reports.verdict import worst

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reports.history.claims import Claim, ClaimCheck, ClaimsRecord
    from reports.verdict import VerdictValue

    # experiment -> figure's name -> figure
    Figures = Mapping[str, Mapping[str, Figure]]


@dataclass(frozen=True)
class CheckVerdict:
    """One check, judged: what was measured, what it was held against, and the evidence."""

    check: ClaimCheck
    verdict: VerdictValue
    measured: str
    wanted: str
    evidence: str

    @property
    def experiment(self) -> str:
        """The experiment whose figure was judged."""
        return self.check.figure.partition("/")[0]


@dataclass(frozen=True)
class ClaimVerdict:
    """One claim: its worst check decides, and is named. `cells`: of its table, a row each."""

    claim: Claim
    verdict: VerdictValue
    checks: list[CheckVerdict]
    cells: list[list[Figure]]

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
    """Judge one claim by its worst check, and look up the figures of its table."""
    checks = [_judge(check, figures, record) for check in claim.expect]
    cells = (
        [
            [
                find(f"{experiment}/{column.figure}", figures, record)
                for column in claim.table.columns
            ]
            for experiment in claim.table.rows
        ]
        if claim.table
        else []
    )
    return ClaimVerdict(claim, worst(check.verdict for check in checks), checks, cells)


def find(name: str, figures: Figures, record: ClaimsRecord) -> Figure:
    """Return the figure EXPERIMENT/NAME, or an unknown one that says why it is not there."""
    experiment, _, key = name.partition("/")
    measured = figures.get(experiment, {})
    for known in (key, key.partition(".")[0]):
        if known in measured:
            return measured[known]
    ran = record.experiments.get(experiment)
    if ran is None or ran.status == "planned":
        return unknown(f"experiment {experiment} was not run")
    if ran.status == "interrupted":
        return unknown(ran.reason or f"experiment {experiment} was interrupted")
    return unknown(ran.reason or f"experiment {experiment} has no figure {key}")


def _judge(check: ClaimCheck, figures: Figures, record: ClaimsRecord) -> CheckVerdict:
    figure = find(check.figure, figures, record)
    if isinstance(check.value, str):
        other = find(check.value, figures, record)
        plus = f" and {check.plus:g}" if check.plus else ""
        named = f" ({check.value}{plus})"
        evidence = f"{figure.evidence}; against: {other.evidence}"
    else:
        other, named, evidence = exact(check.value, ""), "", figure.evidence
    bound = other.bracket.shifted(check.plus)
    wanted = f"{SIGNS[check.op]} {bound}{named}"
    if reason := figure.unknown or other.unknown:
        return CheckVerdict(check, "unknown", "?", wanted, reason)
    kind = figure.judge(check.op, bound)
    return CheckVerdict(check, kind, str(figure.bracket), wanted, evidence)
