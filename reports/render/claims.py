"""The report of checked claims: page, Markdown, JSON, CSV and JUnit XML."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from reports.analysis.claims import find, text
from reports.analysis.verdict import Verdict
from reports.render.claims_words import CLAIMS_WORDS
from reports.render.common_words import COMMON_WORDS
from reports.render.environment import write_pages
from reports.render.machine import junit_of, write_tables
from reports.render.tables import worst_kind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reports.analysis.claims import ClaimsAnalysis, ClaimVerdict
    from reports.history.claims import Text

PAGES = {"index.html": "claims.html.j2", "report.md": "claims.md.j2"}


def as_verdicts(analysis: ClaimsAnalysis, lang: str) -> list[Verdict]:
    """Return one verdict a claim, with its note and the figure that decides it."""
    return [
        Verdict(one.claim.id, one.deciding.experiment, one.verdict, _note(one, lang))
        for one in analysis.verdicts
    ]


def _note(one: ClaimVerdict, lang: str) -> str:
    check = one.deciding
    shown = f"{check.check.figure} {check.measured}, {check.wanted}: {check.evidence}"
    remark = one.claim.notes.get(one.verdict)
    return f"{said(remark, lang)}; {shown}" if remark else shown


def said(words: Text, lang: str) -> str:
    """Return a text in the wanted language."""
    return words.zh if lang == "zh" else words.en


def headline(analysis: ClaimsAnalysis, lang: str) -> str:
    """Say in a sentence what came of the check."""
    words = CLAIMS_WORDS[lang]
    kinds = Counter(one.verdict for one in analysis.verdicts)
    counts = {kind: kinds[kind] for kind in ("holds", "violated", "unknown")}
    total = len(analysis.verdicts)
    said_first = "some_wrong" if kinds["violated"] else "none_wrong"
    sentence = words["all_hold" if kinds["holds"] == total else said_first]
    more = words["some_unknown"] if kinds["unknown"] else ""
    return (sentence + more).format(total=total, **counts)


def claims_texts(analysis: ClaimsAnalysis, lang: str) -> list[str]:
    """Return the headline for a console; the verdicts follow it."""
    return [headline(analysis, lang)]


def _table(analysis: ClaimsAnalysis, one: ClaimVerdict, lang: str) -> dict[str, Any] | None:
    """Return the table of a claim: a head and rows of texts, or None."""
    table = one.claim.table
    if table is None:
        return None
    rows = []
    for experiment, label in table.rows.items():
        names = [f"{experiment}/{column.figure}" for column in table.columns]
        found = [find(name, analysis.figures, analysis.record) for name in names]
        cells = [(text(figure), figure.evidence or figure.unknown) for figure in found]
        rows.append((said(label, lang), cells))
    return {"head": [said(column.title, lang) for column in table.columns], "rows": rows}


def _run_of(analysis: ClaimsAnalysis, experiment: str) -> str:
    ran = analysis.record.experiments.get(experiment)
    return ran.directory if ran else ""


def _rows(analysis: ClaimsAnalysis, lang: str) -> list[dict[str, Any]]:
    rows = []
    for one in analysis.verdicts:
        remark = one.claim.notes.get(one.verdict)
        used = dict.fromkeys(check.experiment for check in one.checks)
        rows.append(
            {
                "claim": one.claim,
                "statement": said(one.claim.statement, lang),
                "verdict": one.verdict,
                "note": said(remark, lang) if remark else "",
                "deciding": one.deciding,
                "checks": one.checks,
                "runs": {name: _run_of(analysis, name) for name in used},
                "table": _table(analysis, one, lang),
            }
        )
    return rows


def write_claims_report(
    directory: Path, analysis: ClaimsAnalysis, lang: str, missing: Sequence[str] = ()
) -> Path:
    """Write report/ of a claims run; return the path of its page.

    `missing`: what of the directory could not be read.
    """
    report = directory / "report"
    write_tables(analysis.tables, report / "tables")
    verdicts = as_verdicts(analysis, lang)
    (report / "junit.xml").write_bytes(junit_of(analysis.record.name, verdicts))
    answer = {"verdicts": [_as_json(one) for one in analysis.verdicts]}
    encoded = json.dumps(answer, indent=2, ensure_ascii=False)
    (report / "claims.json").write_text(encoded, encoding="utf-8")
    words = COMMON_WORDS[lang] | CLAIMS_WORDS[lang]
    kinds = [one.verdict for one in analysis.verdicts]
    context = {
        "record": analysis.record,
        "words": words,
        "lang": lang,
        "title": words["title"].format(title=said(analysis.record.title, lang)),
        "headline": headline(analysis, lang),
        "counts": {kind: kinds.count(kind) for kind in ("holds", "violated", "unknown")},
        "overall": worst_kind(kinds),
        "missing": missing,
        "rows": _rows(analysis, lang),
    }
    write_pages(report, PAGES, context)
    return report / "index.html"


def _as_json(one: ClaimVerdict) -> dict[str, Any]:
    checks = [
        {
            "figure": check.check.figure,
            "verdict": check.verdict,
            "measured": check.measured,
            "wanted": check.wanted,
            "evidence": check.evidence,
        }
        for check in one.checks
    ]
    remark = one.claim.notes.get(one.verdict)
    return {
        "id": one.claim.id,
        "statement": one.claim.statement.model_dump(),
        "source": one.claim.source,
        "verdict": one.verdict,
        "note": remark.model_dump() if remark else None,
        "checks": checks,
    }
