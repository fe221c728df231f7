"""Checked claims: statements of a document, judged by the runs below, which are judged again."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from reports.analysis.claims import analyse_claims
from reports.errors import ReportError
from reports.history.claims import read_claims
from reports.history.run_json import read_header
from reports.kinds.judged import Judged
from reports.locale.message import message
from reports.render.claims import as_json, as_verdicts, claims_context, headline

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from reports.analysis.claims import ClaimsAnalysis
    from reports.history.claims import ClaimsExperiment, ClaimsRecord
    from reports.kinds.judged import Judge
    from reports.locale.message import Message


def judge(judge_run: Judge, directory: Path) -> Judged:
    """Judge every claim; `judge_run` judges the runs below. Raises ReportError."""
    planned = read_claims(directory)
    below, unread = _below(judge_run, directory, planned)
    record = _without(planned, unread)
    figures = {name: run.figures for name, run in below.items()}
    analysis = analyse_claims(record, figures, _doubts(record, below))
    missing = [message("labelled", name=name, text=reason) for name, reason in unread.items()]
    missing += [
        message("labelled", name=name, text=text)
        for name, run in below.items()
        for text in run.missing
    ]
    places = {directory / record.experiments[name].directory: run for name, run in below.items()}
    return replace(judged_claims(analysis), missing=missing, below=places)


def judged_claims(analysis: ClaimsAnalysis) -> Judged:
    """Return what a report is made from."""
    return Judged(
        analysis.record,
        as_verdicts(analysis),
        {},
        analysis.tables,
        "claims",
        lambda lang: [headline(analysis, lang)],
        {"index.html": "claims.html.j2", "report.md": "claims.md.j2"},
        partial(claims_context, analysis),
        files={"claims.json": as_json(analysis)},
    )


def _below(
    judge_run: Judge, directory: Path, record: ClaimsRecord
) -> tuple[dict[str, Judged], dict[str, Message]]:
    """Judge the run of each experiment that has a run; return the others with the reason."""
    judged: dict[str, Judged] = {}
    unread: dict[str, Message] = {}
    for name, experiment in record.experiments.items():
        if not experiment.directory:
            continue
        try:
            judged[name] = judge_run(_place(directory, experiment))
        except ReportError as error:
            unread[name] = experiment.reason or error.message
    return judged, unread


def _doubts(record: ClaimsRecord, below: Mapping[str, Judged]) -> dict[str, Message]:
    """Return why the figures of a run are not those of the whole experiment."""
    doubts = {}
    for name, run in below.items():
        experiment = record.experiments[name]
        if experiment.reason:
            doubts[name] = experiment.reason
        elif experiment.status != "complete" or run.record.status != "complete":
            failed = "failed" in (experiment.status, run.record.status)
            key = "experiment-failed" if failed else "experiment-interrupted"
            doubts[name] = message(key, experiment=name)
        elif run.missing:
            doubts[name] = message("labelled", name=name, text=run.missing[0])
    return doubts


def _place(directory: Path, experiment: ClaimsExperiment) -> Path:
    """Return where a run is. Raises ReportError for a record that points elsewhere."""
    place = directory / experiment.directory
    if not place.resolve().is_relative_to(directory.resolve()):
        raise ReportError(
            message("run-elsewhere", path=experiment.directory, directory=str(directory))
        )
    header, path = read_header(place), experiment.directory
    if header.kind != experiment.kind:
        raise ReportError(
            message("run-of-another-kind", path=path, kind=header.kind, wanted=experiment.kind)
        )
    # a run directory has the name of its run: what is there now may be that of another experiment
    if header.id != place.name:
        raise ReportError(message("another-run", path=path, id=header.id))
    return place


def _without(record: ClaimsRecord, unread: dict[str, Message]) -> ClaimsRecord:
    """Return the record with what could not be read as an experiment that has no run."""
    gone = {
        name: record.experiments[name].model_copy(update={"directory": "", "reason": reason})
        for name, reason in unread.items()
    }
    return record.model_copy(update={"experiments": record.experiments | gone})
