"""The report of checked claims."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reports.locale.catalogue import words_of
from reports.render.headline import statements
from reports.verdict import Verdict

if TYPE_CHECKING:
    from reports.analysis.claims import ClaimsAnalysis, ClaimVerdict


def as_verdicts(analysis: ClaimsAnalysis, lang: str) -> list[Verdict]:
    """Return one verdict a claim, with its note and the figure that decides it."""
    return [
        Verdict(
            verdict.claim.id, verdict.deciding.experiment, verdict.verdict, _note(verdict, lang)
        )
        for verdict in analysis.verdicts
    ]


def _note(verdict: ClaimVerdict, lang: str) -> str:
    check = verdict.deciding
    shown = f"{check.check.figure} {check.measured}, {check.wanted}: {check.evidence}"
    remark = _remark(verdict, lang)
    return f"{remark}; {shown}" if remark else shown


def _remark(verdict: ClaimVerdict, lang: str) -> str:
    remark = verdict.claim.notes.get(verdict.verdict)
    return remark.in_language(lang) if remark else ""


def headline(analysis: ClaimsAnalysis, lang: str) -> str:
    """Say in a sentence what came of the check."""
    return statements((verdict.verdict for verdict in analysis.verdicts), words_of(lang))


def claims_context(analysis: ClaimsAnalysis, lang: str) -> dict[str, Any]:
    """Return what the templates need."""
    title = analysis.record.title.in_language(lang)
    return {
        "title": words_of(lang)["title_claims"].format(title=title),
        "headline": headline(analysis, lang),
        "rows": [_row(analysis, verdict, lang) for verdict in analysis.verdicts],
    }


def _row(analysis: ClaimsAnalysis, verdict: ClaimVerdict, lang: str) -> dict[str, Any]:
    ran = analysis.record.experiments
    used = dict.fromkeys(check.experiment for check in verdict.checks)
    return {
        "claim": verdict.claim,
        "statement": verdict.claim.statement.in_language(lang),
        "verdict": verdict.verdict,
        "note": _remark(verdict, lang),
        "deciding": verdict.deciding,
        "checks": verdict.checks,
        "runs": {name: ran[name].directory if name in ran else "" for name in used},
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
                [(figure.bracket.text(), figure.evidence or figure.unknown) for figure in figures],
            )
            for label, figures in rows
        ],
    }


def as_json(analysis: ClaimsAnalysis) -> bytes:
    """Return the verdicts of all claims, with every check, for other programs."""
    answer = {"verdicts": [_as_json(verdict) for verdict in analysis.verdicts]}
    return json.dumps(answer, indent=2, ensure_ascii=False).encode()


def _as_json(verdict: ClaimVerdict) -> dict[str, Any]:
    fields = ("verdict", "measured", "wanted", "evidence")
    checks = [
        {"figure": check.check.figure, **{name: getattr(check, name) for name in fields}}
        for check in verdict.checks
    ]
    remark = verdict.claim.notes.get(verdict.verdict)
    return {
        "id": verdict.claim.id,
        "statement": verdict.claim.statement.model_dump(),
        "source": verdict.claim.source,
        "verdict": verdict.verdict,
        "note": remark.model_dump() if remark else None,
        "checks": checks,
    }
