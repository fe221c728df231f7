"""The report of a proof: page, CSV tables and JUnit XML."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from reports.analysis.proof import LEAST
from reports.analysis.proof_steps import what_happened
from reports.render.common_words import COMMON_WORDS
from reports.render.environment import write_pages
from reports.render.machine import junit_of, write_tables
from reports.render.proof_words import PROOF_WORDS
from reports.render.surveys import counted, sentence
from reports.render.tables import worst_kind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reports.analysis.figures import Figure
    from reports.analysis.proof import ProofAnalysis
    from reports.history.claims import Text

TRUTHS = LEAST - {"acknowledged", "served_during"}


def headline(analysis: ProofAnalysis, lang: str) -> str:
    """Say in a sentence what came of the proof."""
    return sentence(analysis.verdicts, PROOF_WORDS[lang])


def _said(text: Text, lang: str) -> str:
    return text.zh if lang == "zh" else text.en


def _value(name: str, figure: Figure, words: dict[str, str]) -> str:
    if name in TRUTHS:
        return words["yes" if figure.lower == 1 else "no"]
    if figure.lower == figure.upper:
        return f"{figure.lower:.4g}"
    if math.isinf(figure.upper):
        return f"> {figure.lower:.2f}"
    return f"{figure.lower:.2f} – {figure.upper:.2f}"


def _figures(analysis: ProofAnalysis, words: dict[str, str]) -> list[tuple[str, str, str]]:
    """Return name, value and evidence of the figures that were measured."""
    return [
        (words[name], _value(name, figure, words), figure.evidence)
        for name, figure in analysis.figures.items()
        if not figure.unknown
    ]


def _events(analysis: ProofAnalysis, place: int) -> list[tuple[float, str, str]]:
    """Return time, kind and the rest of every event of a trial."""
    rows = []
    for event in what_happened(analysis.trials[place]):
        rest: dict[str, Any] = {k: v for k, v in event.items() if k not in ("t_s", "kind")}
        texts = (
            f"{key}: {', '.join(map(str, value)) if isinstance(value, list) else value}"
            for key, value in rest.items()
        )
        rows.append((event["t_s"], event["kind"].replace("_", " "), "; ".join(texts)))
    return rows


def _method(words: dict[str, str], workload: dict[str, float]) -> str:
    """Say how it was shown; a workload of which something is not known has a question mark."""
    names = ("keys", "rate_hz", "timeout_s")
    shown = {name: f"{workload[name]:g}" if name in workload else "?" for name in names}
    return words["method"].format(**shown)


def write_proof_report(
    directory: Path, analysis: ProofAnalysis, lang: str, missing: Sequence[str] = ()
) -> Path:
    """Write report/ of a run directory; return the path of its page.

    `missing`: what of the directory could not be read.
    """
    report = directory / "report"
    write_tables(analysis.tables, report / "tables")
    (report / "junit.xml").write_bytes(junit_of(analysis.record.name, analysis.verdicts))
    words = COMMON_WORDS[lang] | PROOF_WORDS[lang]
    context = {
        "record": analysis.record,
        "words": words,
        "lang": lang,
        "title": _said(analysis.record.title, lang),
        "hypothesis": _said(analysis.record.hypothesis, lang),
        "headline": headline(analysis, lang),
        "counts": counted(analysis.verdicts),
        "overall": worst_kind([one.verdict for one in analysis.verdicts]),
        "missing": missing,
        "verdicts": analysis.verdicts,
        "figures": _figures(analysis, words),
        "violations": analysis.tables["violations"].head(50).to_dict("records"),
        "trials": [
            (trial.record, _events(analysis, place)) for place, trial in enumerate(analysis.trials)
        ],
        "powered_off": any(step.startswith("power-off") for step in analysis.record.steps),
        "method": _method(words, analysis.record.workload),
    }
    write_pages(report, {"index.html": "proof.html.j2", "report.md": "survey.md.j2"}, context)
    return report / "index.html"
