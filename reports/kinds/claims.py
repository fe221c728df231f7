"""Checked claims: the statements of a document, judged from the runs below, each judged anew."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from reports.analysis.claims import analyse_claims
from reports.errors import ReportError
from reports.history.claims import read_claims
from reports.history.run_json import read_header
from reports.kinds.judged import Judged
from reports.render.claims import as_json, as_verdicts, claims_context, headline

if TYPE_CHECKING:
    from pathlib import Path

    from reports.analysis.claims import ClaimsAnalysis
    from reports.history.claims import ClaimsExperiment, ClaimsRecord
    from reports.kinds.judged import Judge


def judge(judge_run: Judge, directory: Path, lang: str) -> Judged:
    """Judge every claim; `judge_run` judges the runs below. Raises ReportError."""
    planned = read_claims(directory)
    below, unread = _below(judge_run, directory, planned, lang)
    record = _without(planned, unread)
    analysis = analyse_claims(record, {name: run.figures for name, run in below.items()})
    missing = [f"{name}: {reason}" for name, reason in unread.items()]
    missing += [f"{name}: {text}" for name, run in below.items() for text in run.missing]
    places = {directory / record.experiments[name].directory: run for name, run in below.items()}
    return replace(judged_claims(analysis, lang), missing=missing, below=places)


def judged_claims(analysis: ClaimsAnalysis, lang: str) -> Judged:
    """Return what a report is made from."""
    return Judged(
        analysis.record,
        as_verdicts(analysis, lang),
        {},
        analysis.tables,
        "claims",
        [headline(analysis, lang)],
        {"index.html": "claims.html.j2", "report.md": "claims.md.j2"},
        partial(claims_context, analysis),
        files={"claims.json": as_json(analysis)},
    )


def _below(
    judge_run: Judge, directory: Path, record: ClaimsRecord, lang: str
) -> tuple[dict[str, Judged], dict[str, str]]:
    """Judge the run of each experiment that has one; say why those that cannot be read cannot."""
    judged: dict[str, Judged] = {}
    unread: dict[str, str] = {}
    for name, ran in record.experiments.items():
        if not ran.directory:
            continue
        try:
            judged[name] = judge_run(_place(directory, ran), lang)
        except ReportError as error:
            unread[name] = ran.reason or str(error)
    return judged, unread


def _place(directory: Path, ran: ClaimsExperiment) -> Path:
    """Return where a run is; a record that points elsewhere is not followed."""
    place = directory / ran.directory
    if not place.resolve().is_relative_to(directory.resolve()):
        raise ReportError(f"{ran.directory} is not below {directory}")
    if (kind := read_header(place).kind) != ran.kind:
        raise ReportError(f"{ran.directory} holds {kind}, not {ran.kind}")
    return place


def _without(record: ClaimsRecord, unread: dict[str, str]) -> ClaimsRecord:
    """Return the record with what could not be read as an experiment that has no run."""
    gone = {
        name: record.experiments[name].model_copy(update={"directory": "", "reason": reason})
        for name, reason in unread.items()
    }
    return record.model_copy(update={"experiments": record.experiments | gone})
