"""The property: a mutation makes no verdict better, and none that held violated."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

from reports.analysis.evidence import evidence_of
from reports.analysis.expectations import judge_trial
from reports.analysis.outages import mark_good
from reports.errors import ReportError
from reports.history.reader import read_suite
from reports.history.run_json import read_header
from reports.kinds.registry import judge
from reports.verdict import over_trials, worst
from tests.fuzz.mutations import mutate

if TYPE_CHECKING:
    from pathlib import Path

    from reports.verdict import Verdict, VerdictValue

# so many mutations of a suite are judged with all figures and tables
WHOLE_EVERY = 10
Verdicts = dict[tuple[str, str], "VerdictValue"]


def verdicts_of(directory: Path, *, whole: bool = True) -> Verdicts:
    """Judge a run; nothing is said of a directory that is refused.

    `whole`: with all figures and tables; of a suite its verdicts can be had without them.
    """
    try:
        if whole or read_header(directory).kind != "suite":
            verdicts = judge(directory).verdicts
        else:
            verdicts = _suite_verdicts(directory)
    except ReportError:
        return {}
    return {(verdict.experiment, verdict.id): verdict.verdict for verdict in verdicts}


def _suite_verdicts(directory: Path) -> list[Verdict]:
    record, trials, _ = read_suite(directory)
    marked = (replace(it, samples=mark_good(it.samples, record.deadline_s)) for it in trials)
    return over_trials([found for trial in marked for found in judge_trial(evidence_of(trial))])


def faults_of(before: Verdicts, after: Verdicts) -> list[str]:
    """Return what a mutation made of verdicts and must not make of them."""
    faults = []
    for name, value in after.items():
        was = before.get(name)
        if was is not None and (was, value) in {
            ("violated", "holds"),
            ("unknown", "holds"),
            ("holds", "violated"),
        }:
            faults.append(f"{'/'.join(name)}: {was} -> {value}")
    gone = [name for name, value in before.items() if value != "holds" and name not in after]
    if gone and after and worst(after.values()) == "holds":
        faults.append(f"{'/'.join(gone[0])}: {before[gone[0]]} -> gone, and all others hold")
    return faults


def mutated(base: Path, number: int, copy: Path) -> tuple[str, Verdicts]:
    """Write a mutation of a base into `copy`; return what was done, and its verdicts."""
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(base, copy)
    done = mutate(copy, f"{base.name} {number}")
    return done, verdicts_of(copy, whole=number % WHOLE_EVERY == 0)
