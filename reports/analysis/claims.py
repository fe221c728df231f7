"""From figures to the verdicts of claims. Pure; a claim without its figure is unknown.

`doubts` are why an experiment's figures are not those of the whole experiment: it failed, or was
interrupted, or a part of its record cannot be read. Then nothing holds by them. What they violate
stays violated for surveys only: their figures are as wide as what is missing could make them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from reports.bracket import NO_EVIDENCE, SIGNS, Figure, exact, unknown
from reports.locale.catalogue import text_of
from reports.locale.message import joined, message, verbatim
from reports.verdict import worst

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reports.bracket import Bracket
    from reports.history.claims import Claim, ClaimCheck, ClaimsRecord
    from reports.locale.message import Message
    from reports.verdict import VerdictValue

    # experiment -> figure's name -> figure
    Figures = Mapping[str, Mapping[str, Figure]]
    Doubts = Mapping[str, Message]


# Nobody asks for more trials of a claim.
MOST_TRIALS = 100


@dataclass(frozen=True)
class CheckVerdict:
    """A check, judged: what was measured, the bound that the claim states, and the evidence."""

    check: ClaimCheck
    verdict: VerdictValue
    measured: str
    wanted: Message
    evidence: Message

    @property
    def experiment(self) -> str:
        """The experiment whose figure was judged."""
        return self.check.experiments[0]


@dataclass(frozen=True)
class ClaimVerdict:
    """A claim, judged by its worst check. `cells`: the rows of its table."""

    claim: Claim
    verdict: VerdictValue
    checks: list[CheckVerdict]
    cells: list[list[Figure]]

    @property
    def deciding(self) -> CheckVerdict:
        """The check that the verdict comes from."""
        return next(check for check in self.checks if check.verdict == self.verdict)


@dataclass(frozen=True)
class ClaimsAnalysis:
    """A document, judged. `tables`: name -> data frame."""

    record: ClaimsRecord
    verdicts: list[ClaimVerdict]
    figures: Figures
    tables: dict[str, pd.DataFrame]


def analyse_claims(record: ClaimsRecord, figures: Figures, doubts: Doubts) -> ClaimsAnalysis:
    """Judge every claim of a document."""
    verdicts = [_judge_claim(claim, figures, record, doubts) for claim in record.claims]
    rows = [
        {
            "id": verdict.claim.id,
            "statement": verdict.claim.statement.in_language("en"),
            "source": verdict.claim.source.in_language("en"),
            "verdict": verdict.verdict,
            "figure": check.check.figure,
            "measured": check.measured,
            "wanted": text_of(check.wanted, "en"),
            "check_verdict": check.verdict,
            "evidence": text_of(check.evidence, "en"),
        }
        for verdict in verdicts
        for check in verdict.checks
    ]
    return ClaimsAnalysis(record, verdicts, figures, {"claims": pd.DataFrame(rows)})


def _judge_claim(
    claim: Claim, figures: Figures, record: ClaimsRecord, doubts: Doubts
) -> ClaimVerdict:
    """Judge a claim by its worst check, and look up the figures of its table."""
    checks = [_judge(check, figures, record, doubts) for check in claim.expect]
    cells = (
        [
            [
                unknown(doubts[experiment])
                if experiment in doubts
                else _find(f"{experiment}/{column.figure}", figures, record)
                for column in claim.table.columns
            ]
            for experiment in claim.table.rows
        ]
        if claim.table
        else []
    )
    return ClaimVerdict(claim, worst(check.verdict for check in checks), checks, cells)


def _find(name: str, figures: Figures, record: ClaimsRecord) -> Figure:
    """Return the figure EXPERIMENT/NAME, or an unknown figure with the reason for its absence."""
    experiment, _, key = name.partition("/")
    measured = figures.get(experiment, {})
    if key in measured:
        return measured[key]
    # a suite's experiment without evidence has a figure that is unknown, for all that it lacks
    if (of_suite := measured.get(key.partition(".")[0])) and of_suite.unknown:
        return of_suite
    run = record.experiments.get(experiment)
    if run is None or run.status == "planned":
        return unknown(message("experiment-not-run", experiment=experiment))
    if run.reason:
        return unknown(run.reason)
    if run.status == "interrupted":
        return unknown(message("experiment-interrupted", experiment=experiment))
    return unknown(message("experiment-without-figure", experiment=experiment, figure=key))


def _judge(
    check: ClaimCheck, figures: Figures, record: ClaimsRecord, doubts: Doubts
) -> CheckVerdict:
    figure = _find(check.figure, figures, record)
    evidence = figure.evidence
    if isinstance(check.value, str):
        stated = _find(check.value, figures, record)
        evidence = message("evidence-against", evidence=evidence, against=stated.evidence)
    else:
        stated = exact(check.value, NO_EVIDENCE)
    bound = stated.bracket.shifted(check.plus)
    wanted = _wanted(check, str(bound))
    if reason := figure.unknown or stated.unknown:
        return CheckVerdict(check, "unknown", "?", wanted, reason)
    verdict = figure.judge(check.op, bound)
    if verdict == "unknown" and (trials := max(figure.trials, stated.trials)):
        evidence = joined(evidence, _trials_needed(figure.bracket, bound, trials))
    for experiment in doubts.keys() & set(check.experiments):
        as_wide = record.experiments[experiment].kind != "suite"
        if verdict == "holds" or not as_wide:
            return CheckVerdict(check, "unknown", "?", wanted, doubts[experiment])
    return CheckVerdict(check, verdict, str(figure.bracket), wanted, evidence)


def _trials_needed(measured: Bracket, bound: Bracket, trials: int) -> Message:
    """Return how many trials would decide, if intervals shrink with their square root.

    And the middles stay where they are: an estimate, and none beyond MOST_TRIALS.
    """
    apart = abs(measured.lower + measured.upper - bound.lower - bound.upper) / 2
    half = (measured.upper - measured.lower + bound.upper - bound.lower) / 2
    if not half < apart * math.sqrt(MOST_TRIALS / trials):  # NaN, too
        return message("trials-do-not-decide", count=trials, most=MOST_TRIALS)
    needed = math.ceil(trials * (half / apart) ** 2) + 1
    return message("trials-that-decide", count=trials, needed=needed)


def _wanted(check: ClaimCheck, bound: str) -> Message:
    """Return what the claim states, for example `≤ 3 (runs/theirs and 1)`."""
    limit = f"{SIGNS[check.op]} {bound}"
    if isinstance(check.value, float):
        return verbatim(limit)
    key = "bound-of-figure-plus" if check.plus else "bound-of-figure"
    return message(key, limit=limit, figure=check.value, plus=check.plus)
