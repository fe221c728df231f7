"""A run directory of whatever kind, judged: the one place that tells the kinds apart."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from reports.analysis import analyse
from reports.analysis.claims import analyse_claims
from reports.analysis.proof import analyse_proof
from reports.analysis.splits import analyse_splits
from reports.analysis.suite_figures import suite_figures
from reports.analysis.survey_figures import split_figures, tolerance_figures
from reports.analysis.tolerance import analyse_tolerance
from reports.errors import ReportError
from reports.history.claims import read_claims
from reports.history.proof import read_proof
from reports.history.reader import read_object, read_run, read_trials
from reports.history.tolerance import read_splits, read_tolerance
from reports.render import write_report
from reports.render.claims import as_verdicts, claims_texts, write_claims_report
from reports.render.proof import headline, write_proof_report
from reports.render.splits import splits_texts, write_splits_report
from reports.render.tolerance import table_texts, write_tolerance_report

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

    from reports.analysis import Analysis
    from reports.analysis.figures import Figure
    from reports.analysis.verdict import Verdict


@dataclass(frozen=True)
class Judged:
    """A run, judged: its verdicts, its figures by name, and how its report is written.

    `table`: the principal table, one mapping a row. `texts`: what a console shows of it.
    `write`: language -> path of the page. `suite`: the analysis, where the run is a suite's.
    """

    status: str
    verdicts: list[Verdict]
    figures: dict[str, Figure]
    table: list[dict[str, Any]]
    texts: list[str]
    write: Callable[[str], Path]
    suite: Analysis | None = None


def judge(directory: Path, lang: str = "en") -> Judged:
    """Judge a run directory, an interrupted one too. Raises ReportError."""
    kind = read_object(directory / "run.json").get("kind", "suite")
    if kind not in KINDS:
        raise ReportError(f"{directory} holds a run of an unknown kind: {kind}")
    return KINDS[kind](directory, lang)


def summary(directory: Path) -> str:
    """Say in a line what a run directory holds. Raises ReportError."""
    record = read_object(directory / "run.json")
    kind, status = record.get("kind", "suite"), record.get("status", "unknown")
    if kind == "suite":
        return f"{read_run(directory).status}  trials: {len(record['trials'])}"
    return f"{status}  {kind}"


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(frame.to_json(orient="records"))
    return rows


def _suite(directory: Path, _lang: str) -> Judged:
    record = read_run(directory)
    analysis = analyse(record, read_trials(directory, record))
    return Judged(
        record.status,
        analysis.verdicts,
        suite_figures(analysis),
        _records(analysis.tables["recovery"]),
        [],
        lambda _lang: write_report(directory, analysis),
        analysis,
    )


def _tolerance(directory: Path, _lang: str) -> Judged:
    analysis = analyse_tolerance(*read_tolerance(directory))
    return Judged(
        analysis.record.status,
        analysis.verdicts,
        tolerance_figures(analysis),
        _records(analysis.tables["majority"]),
        table_texts(analysis),
        partial(write_tolerance_report, directory, analysis),
    )


def _splits(directory: Path, _lang: str) -> Judged:
    analysis = analyse_splits(*read_splits(directory))
    return Judged(
        analysis.record.status,
        analysis.verdicts,
        split_figures(analysis),
        _records(analysis.tables["splits"]),
        splits_texts(analysis),
        partial(write_splits_report, directory, analysis),
    )


def _proof(directory: Path, lang: str) -> Judged:
    analysis = analyse_proof(*read_proof(directory))
    return Judged(
        analysis.record.status,
        analysis.verdicts,
        analysis.figures,
        _records(analysis.tables["figures"]),
        [headline(analysis, lang)],
        partial(write_proof_report, directory, analysis),
    )


def _claims(directory: Path, lang: str) -> Judged:
    """Judge a document's claims from the runs below, each judged anew."""
    record = read_claims(directory)
    judged: dict[str, Judged] = {}
    for name, ran in record.experiments.items():
        if ran.directory:
            try:
                judged[name] = judge(directory / ran.directory, lang)
            except ReportError as error:
                ran.reason = ran.reason or str(error)
    analysis = analyse_claims(record, {name: one.figures for name, one in judged.items()})

    def write(lang: str) -> Path:
        for one in judged.values():
            one.write(lang)
        return write_claims_report(directory, analysis, lang)

    return Judged(
        record.status,
        as_verdicts(analysis, lang),
        {},
        _records(analysis.tables["claims"]),
        claims_texts(analysis, lang),
        write,
    )


KINDS: dict[str, Callable[[Path, str], Judged]] = {
    "suite": _suite,
    "tolerance": _tolerance,
    "splits": _splits,
    "claims": _claims,
    "proof": _proof,
}
