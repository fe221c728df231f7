"""Reads a side of a comparison: a run directory, or a directory of run directories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from reports.analysis.suite import analyse_suite
from reports.compare.sides import Side
from reports.errors import ReportError
from reports.history.reader import read_suite
from reports.history.run_json import read_header
from reports.locale.message import message
from reports.render.tables import subjects
from reports.verdict import worst

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from reports.analysis.suite import SuiteAnalysis
    from reports.compare.sides import TrialKey
    from reports.locale.message import Message
    from reports.verdict import VerdictValue


def read_side(directory: Path) -> Side:
    """Read a run, or every run in a directory. Raises ReportError when there is none."""
    if (directory / "run.json").exists():
        places = [directory]
    else:
        places = sorted(path.parent for path in directory.glob("*/run.json"))
    if not places:
        raise ReportError(message("no-run-directory", path=str(directory)))
    analyses, left_out, unplanned = [], [], 0
    for place in places:
        analysis, strangers = _analysed(place)
        analyses.append(analysis)
        left_out += [*_left_out(analysis), *strangers]
        unplanned += len(strangers)
    rows = _rows(analyses)
    return Side(
        directory=directory,
        runs=[analysis.record for analysis in analyses],
        rows=rows[rows["not_measured"] == ""] if len(rows) else rows,
        planned=_planned(analyses, rows),
        not_recovered=frozenset(
            (run, trial.history.record.index)
            for run, analysis in enumerate(analyses)
            for trial in analysis.trials
            if trial.not_recovered
        ),
        scarce=sum(bool(trial.scarce) for analysis in analyses for trial in analysis.trials),
        unplanned=unplanned,
        left_out=left_out,
        verdicts=_verdicts(analyses),
    )


def _analysed(place: Path) -> tuple[SuiteAnalysis, list[Message]]:
    """Return a run, judged, and the folders of trials that its plan does not name."""
    kind = read_header(place).kind
    if kind != "suite":
        raise ReportError(message("only-suites-compared", path=str(place), kind=kind))
    record, trials, missing = read_suite(place)
    unplanned = [item for item in missing if item.key == "trial-not-planned"]
    return analyse_suite(record, trials), unplanned


def _left_out(analysis: SuiteAnalysis) -> Iterator[Message]:
    """Name the trials and injections that prove nothing, and why."""
    run = analysis.record.id
    for trial in analysis.trials:
        index = trial.history.record.index
        if trial.not_measured:
            yield message("trial-left-out", run=run, trial=index, reason=trial.not_measured)
            continue
        for span in trial.history.injections:
            if span.reason is not None:  # its effect was not confirmed
                yield message(
                    "injection-left-out",
                    run=run,
                    trial=index,
                    injection=span.id,
                    reason=span.reason,
                )


def _rows(analyses: Sequence[SuiteAnalysis]) -> pd.DataFrame:
    """Return the tables of trials of all runs, with the columns `run` and `subject`."""
    tables = [
        table.assign(run=run, subject=subjects(table, analysis.record))
        for run, analysis in enumerate(analyses)
        if len(table := analysis.tables["trials"])
    ]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def _planned(
    analyses: Sequence[SuiteAnalysis], rows: pd.DataFrame
) -> dict[str, frozenset[TrialKey]]:
    """Return the trials that were planned of each subject, in the order of the experiments.

    An action that takes something away is an injection that no experiment plans: such subjects are
    known by their rows.
    """
    recorded = list(dict.fromkeys(rows["subject"])) if len(rows) else []
    planned: dict[str, set[TrialKey]] = {}
    for run, analysis in enumerate(analyses):
        for experiment in analysis.record.experiments:
            name, faults = experiment.id, [step.id for step in experiment.faults]
            injections = [subject for subject in recorded if subject.startswith(f"{name}/")]
            if len(faults) > 1:
                injections = [f"{name}/{fault}" for fault in faults]
            trials = {
                (run, trial.index) for trial in analysis.record.trials if trial.experiment == name
            }
            for subject in injections or [name]:
                planned.setdefault(subject, set()).update(trials)
    return {subject: frozenset(trials) for subject, trials in planned.items()}


def _verdicts(analyses: Sequence[SuiteAnalysis]) -> dict[tuple[str, str], VerdictValue]:
    """Return the worst verdict of each expectation, by experiment and id."""
    verdicts: dict[tuple[str, str], VerdictValue] = {}
    for analysis in analyses:
        for verdict in analysis.verdicts:
            key = verdict.experiment, verdict.id
            verdicts[key] = worst((verdict.verdict, verdicts.get(key, verdict.verdict)))
    return verdicts
