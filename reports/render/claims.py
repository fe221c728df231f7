"""The report of checked claims."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reports.locale.catalogue import text_of, words_of
from reports.locale.message import message
from reports.render.headline import statements
from reports.verdict import Verdict

if TYPE_CHECKING:
    from reports.analysis.claims import CheckVerdict, ClaimsAnalysis, ClaimVerdict
    from reports.locale.message import Message


# in the order of the page: what is wrong in the document comes first
GROUPS = {"violated": "claims-violated", "unknown": "claims-unknown", "holds": "claims-hold"}


def as_verdicts(analysis: ClaimsAnalysis) -> list[Verdict]:
    """Return a verdict a claim, with the figure that decides it and the author's remark."""
    return [
        Verdict(
            verdict.claim.id,
            verdict.deciding.experiment,
            verdict.verdict,
            _note(verdict.deciding),
            verdict.claim.notes.get(verdict.verdict),
        )
        for verdict in analysis.verdicts
    ]


def _note(check: CheckVerdict) -> Message:
    return message(
        "claim-decided",
        figure=check.check.figure,
        measured=check.measured,
        wanted=check.wanted,
        evidence=check.evidence,
    )


def headline(analysis: ClaimsAnalysis, lang: str) -> str:
    """Return the result of the check in a sentence."""
    return statements((verdict.verdict for verdict in analysis.verdicts), words_of(lang))


def claims_context(analysis: ClaimsAnalysis, lang: str) -> dict[str, Any]:
    """Return what the templates need."""
    words = words_of(lang)
    rows = [_row(analysis, verdict, lang) for verdict in analysis.verdicts]
    groups = [
        (verdict, words[title], [row for row in rows if row["verdict"] == verdict])
        for verdict, title in GROUPS.items()
    ]
    return {
        "title": words["title_claims"].format(title=analysis.record.title.in_language(lang)),
        "headline": headline(analysis, lang),
        "groups": [group for group in groups if group[2]],
    }


def _row(analysis: ClaimsAnalysis, verdict: ClaimVerdict, lang: str) -> dict[str, Any]:
    runs = analysis.record.experiments
    used = dict.fromkeys(check.experiment for check in verdict.checks)
    return {
        "claim": verdict.claim,
        "verdict": verdict.verdict,
        "remark": verdict.claim.notes.get(verdict.verdict),
        "deciding": verdict.deciding,
        "checks": verdict.checks,
        "runs": {name: runs[name].directory if name in runs else "" for name in used},
        "table": _table(verdict, lang),
    }


def _table(verdict: ClaimVerdict, lang: str) -> dict[str, Any] | None:
    """Return the table of a claim: a head and rows of texts, or None."""
    table = verdict.claim.table
    if table is None:
        return None
    rows = zip(table.rows.values(), verdict.cells, strict=True)
    return {
        "head": [column.title.in_language(lang) for column in table.columns],
        "rows": [
            (
                label.in_language(lang),
                [
                    (figure.bracket.text(), text_of(figure.unknown or figure.evidence, lang))
                    for figure in figures
                ],
            )
            for label, figures in rows
        ],
    }


def as_json(analysis: ClaimsAnalysis) -> bytes:
    """Return the verdicts of all claims, with every check, for other programs."""
    answer = {"verdicts": [_as_json(verdict) for verdict in analysis.verdicts]}
    return json.dumps(answer, indent=2, ensure_ascii=False).encode()


def _as_json(verdict: ClaimVerdict) -> dict[str, Any]:
    checks = [
        {
            "figure": check.check.figure,
            "verdict": check.verdict,
            "measured": check.measured,
            "wanted": text_of(check.wanted, "en"),
            "evidence": text_of(check.evidence, "en"),
        }
        for check in verdict.checks
    ]
    remark = verdict.claim.notes.get(verdict.verdict)
    return {
        "id": verdict.claim.id,
        "statement": verdict.claim.statement.model_dump(),
        "source": verdict.claim.source.model_dump(),
        "verdict": verdict.verdict,
        "note": remark.model_dump() if remark else None,
        "checks": checks,
    }
