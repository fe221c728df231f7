"""Pure functions from histories to figures and verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from reports.analysis.outages import mark_good
from reports.analysis.recovery import recovery_rows
from reports.analysis.verdict import Verdict, judge_trial
from reports.history.reader import read_events, read_run, read_samples

if TYPE_CHECKING:
    from pathlib import Path


def judge_run(directory: Path) -> tuple[pd.DataFrame, list[list[Verdict]]]:
    """Return the recovery table of a run and the verdicts of each trial. Raises ReportError."""
    record = read_run(directory)
    tables, verdicts = [], []
    for trial in record.trials:
        samples = mark_good(read_samples(directory, trial.index), record.deadline_s)
        events = read_events(directory, trial.index)
        verdicts.append(judge_trial(trial, samples, events))
        tables.append(recovery_rows(trial, samples, events))
    filled = [table for table in tables if not table.empty]
    return (pd.concat(filled, ignore_index=True) if filled else pd.DataFrame()), verdicts
