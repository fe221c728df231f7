"""A run directory of whatever kind, judged: the one place that tells the kinds apart."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from reports.analysis import analyse
from reports.analysis.claims import analyse_claims
from reports.analysis.figures import unknown
from reports.analysis.proof import analyse_proof
from reports.analysis.splits import analyse_splits
from reports.analysis.suite_figures import suite_figures
from reports.analysis.survey_figures import split_figures, tolerance_figures
from reports.analysis.tolerance import analyse_tolerance
from reports.errors import ReportError
from reports.history.claims import read_claims
from reports.history.object import read_object
from reports.history.proof import read_proof
from reports.history.reader import read_run, read_trials, strangers
from reports.history.tolerance import read_splits, read_tolerance
from reports.judged import Judged
from reports.render import write_report
from reports.render.claims import as_verdicts, claims_texts, write_claims_report
from reports.render.proof import headline, write_proof_report
from reports.render.splits import splits_texts, write_splits_report
from reports.render.tolerance import table_texts, write_tolerance_report

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pandas as pd

    from reports.analysis.figures import Figure
    from reports.analysis.splits import SplitsAnalysis
    from reports.analysis.tolerance import ToleranceAnalysis
    from reports.analysis.verdict import Verdict
    from reports.document import Kind
    from reports.history.claims import ClaimsRecord, ExperimentRecord
    from reports.history.proof import ProofHistory
    from reports.history.reader import TrialHistory


Survey = TypeVar("Survey", "ToleranceAnalysis", "SplitsAnalysis")


def judge(directory: Path, lang: str = "en") -> Judged:
    """Judge a run directory, an interrupted or damaged one too. Raises ReportError."""
    return KINDS[_kind_of(directory)](directory, lang)


def _kind_of(directory: Path) -> str:
    kind = str(read_object(directory / "run.json").get("kind", "suite"))
    if kind not in KINDS:
        raise ReportError(f"{directory} holds a run of an unknown kind: {kind}")
    return kind


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(frame.to_json(orient="records"))
    return rows


def _missing(directory: Path, trials: Sequence[TrialHistory | ProofHistory]) -> list[str]:
    """Say what of the trials could not be read, and which are there that nobody knows."""
    said = [f"trial {one.record.index}: {text}" for one in trials for text in one.damage]
    return said + strangers(directory, [one.record.index for one in trials])


def _suite(directory: Path, _lang: str) -> Judged:
    record = read_run(directory)
    trials = read_trials(directory, record)
    missing = _missing(directory, trials)
    analysis = analyse(record, trials)
    return Judged(
        "suite",
        record,
        analysis.verdicts,
        suite_figures(analysis),
        _records(analysis.tables["recovery"]),
        [],
        lambda lang: write_report(directory, analysis, lang, missing),
        missing,
        analysis,
    )


def _doubt(status: str, missing: list[str]) -> str:
    """Return why a survey proves nothing: it was whole, and is so no longer."""
    return missing[0] if missing and status == "complete" else ""


def _doubted(verdicts: list[Verdict], doubt: str) -> list[Verdict]:
    """Turn what holds by what is left into unknown."""
    return [
        replace(one, verdict="unknown", note=f"{doubt}; without it: {one.note}")
        if doubt and one.verdict == "holds"
        else one
        for one in verdicts
    ]


def _survey(
    kind: Kind,
    analysis: Survey,
    missing: list[str],
    *,
    figures: Callable[[Survey], dict[str, Figure]],
    texts: Callable[[Survey], list[str]],
    table: str,
    write: Callable[[Survey, str], Path],
) -> Judged:
    """Judge a survey by what is left of it."""
    doubt = _doubt(analysis.record.status, missing)
    analysis = replace(analysis, verdicts=_doubted(analysis.verdicts, doubt))
    found = figures(analysis)
    return Judged(
        kind,
        analysis.record,
        analysis.verdicts,
        dict.fromkeys(found, unknown(doubt)) if doubt else found,
        _records(analysis.tables[table]),
        texts(analysis),
        lambda lang: write(analysis, lang),
        missing,
    )


def _tolerance(directory: Path, _lang: str) -> Judged:
    missing: list[str] = []
    return _survey(
        "tolerance",
        analyse_tolerance(*read_tolerance(directory, missing)),
        missing,
        figures=tolerance_figures,
        texts=table_texts,
        table="majority",
        write=lambda judged, lang: write_tolerance_report(directory, judged, lang, missing),
    )


def _splits(directory: Path, _lang: str) -> Judged:
    missing: list[str] = []
    return _survey(
        "splits",
        analyse_splits(*read_splits(directory, missing)),
        missing,
        figures=split_figures,
        texts=splits_texts,
        table="splits",
        write=lambda judged, lang: write_splits_report(directory, judged, lang, missing),
    )


def _proof(directory: Path, lang: str) -> Judged:
    record, trials = read_proof(directory)
    missing = _missing(directory, trials)
    analysis = analyse_proof(record, trials)
    return Judged(
        "proof",
        analysis.record,
        analysis.verdicts,
        analysis.figures,
        _records(analysis.tables["figures"]),
        [headline(analysis, lang)],
        lambda lang: write_proof_report(directory, analysis, lang, missing),
        missing,
    )


def _experiment(directory: Path, ran: ExperimentRecord, lang: str) -> Judged:
    """Judge one run below a claims run; a record that points elsewhere is not followed."""
    place = directory / ran.directory
    if not place.resolve().is_relative_to(directory.resolve()):
        raise ReportError(f"{ran.directory} is not below {directory}")
    if (kind := _kind_of(place)) != ran.kind:
        raise ReportError(f"{ran.directory} holds {kind}, not {ran.kind}")
    return judge(place, lang)


def _experiments(directory: Path, record: ClaimsRecord, lang: str) -> dict[str, Judged]:
    judged = {}
    for name, ran in record.experiments.items():
        if ran.directory:
            try:
                judged[name] = _experiment(directory, ran, lang)
            except ReportError as error:
                ran.reason = ran.reason or str(error)
                ran.directory = ""
    return judged


def _claims(directory: Path, lang: str) -> Judged:
    """Judge a document's claims from the runs below, each judged anew."""
    record = read_claims(directory)
    before = {name: ran.directory for name, ran in record.experiments.items()}
    judged = _experiments(directory, record, lang)
    missing = [
        f"{name}: {record.experiments[name].reason}"
        for name, place in before.items()
        if place and name not in judged
    ]
    missing += [f"{name}: {text}" for name, one in judged.items() for text in one.missing]
    analysis = analyse_claims(record, {name: one.figures for name, one in judged.items()})

    def write(lang: str) -> Path:
        for one in judged.values():
            one.write(lang)
        return write_claims_report(directory, analysis, lang, missing)

    return Judged(
        "claims",
        record,
        as_verdicts(analysis, lang),
        {},
        _records(analysis.tables["claims"]),
        claims_texts(analysis, lang),
        write,
        missing,
    )


KINDS: dict[str, Callable[[Path, str], Judged]] = {
    "suite": _suite,
    "tolerance": _tolerance,
    "splits": _splits,
    "claims": _claims,
    "proof": _proof,
}
