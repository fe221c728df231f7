"""The report of a proof: page, CSV tables and JUnit XML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.render.environment import environment
from reports.render.machine import junit_of, write_tables
from reports.render.proof_words import PROOF_WORDS

if TYPE_CHECKING:
    from pathlib import Path

    from reports.analysis.proof import ProofAnalysis


def proof_headline(analysis: ProofAnalysis, lang: str) -> str:
    """Say in a sentence what was proved."""
    kinds = [one.verdict for one in analysis.verdicts]
    worst = next((kind for kind in ("violated", "unknown") if kind in kinds), "all_hold")
    return PROOF_WORDS[lang][worst]


def write_proof_report(directory: Path, analysis: ProofAnalysis, lang: str) -> Path:
    """Write report/ of a proof; return the path of its page."""
    report = directory / "report"
    write_tables(analysis.tables, report / "tables")
    record = analysis.history.record
    (report / "junit.xml").write_bytes(junit_of(record.name, analysis.verdicts))
    hidden = {"t_s", "kind", "step"}
    context = {
        "record": record,
        "title": record.title.zh if lang == "zh" else record.title.en,
        "headline": proof_headline(analysis, lang),
        "lang": lang,
        "words": PROOF_WORDS[lang],
        "verdicts": analysis.verdicts,
        "figures": analysis.figures,
        "events": [
            (one["t_s"], one["kind"], one.get("step", ""), _rest(one, hidden))
            for one in analysis.history.events
        ],
    }
    page = environment().get_template("proof.html.j2").render(context)
    path = report / "index.html"
    path.write_text(page, encoding="utf-8")
    return path


def _rest(event: dict[str, object], hidden: set[str]) -> str:
    return ", ".join(f"{key}: {value}" for key, value in event.items() if key not in hidden)
