"""Pure functions from histories to figures and verdicts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from reports.analysis.outages import (
    DEGRADED_COLUMNS,
    OUTAGE_COLUMNS,
    degraded,
    mark_good,
    outages,
)
from reports.analysis.recovery import TRIAL_COLUMNS, recovery_table, series_rows
from reports.analysis.verdict import Verdict, judge_trial, over_trials
from reports.analysis.watches import watch_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reports.history.reader import TrialHistory
    from reports.history.schema import RunRecord

ABOUT = ["trial", "fault", "target"]


@dataclass(frozen=True)
class Analysis:
    """A run, judged. `trials` have marked samples; `tables`: name -> data frame."""

    run: RunRecord
    trials: list[TrialHistory]
    verdicts: list[Verdict]
    by_trial: list[list[Verdict]]
    tables: dict[str, pd.DataFrame]


def analyse(run: RunRecord, histories: Sequence[TrialHistory]) -> Analysis:
    """Compute every table and verdict of a run."""
    trials = [replace(one, samples=mark_good(one.samples, run.deadline_s)) for one in histories]
    by_trial = [judge_trial(run, trial) for trial in trials]
    rows = _joined([series_rows(trial) for trial in trials], TRIAL_COLUMNS)
    tables = {
        "outages": _of_all(trials, outages, [*OUTAGE_COLUMNS]).assign(deadline_s=run.deadline_s),
        "degraded": _of_all(trials, degraded, [*DEGRADED_COLUMNS]),
        "trials": rows,
        "recovery": recovery_table(rows),
        "watches": watch_table(trials),
    }
    flat = [verdict for found in by_trial for verdict in found]
    return Analysis(run, trials, over_trials(flat), by_trial, tables)


def _of_all(
    trials: list[TrialHistory],
    find: Callable[[pd.DataFrame, float], pd.DataFrame],
    columns: list[str],
) -> pd.DataFrame:
    """Find something in every trial after its injection, and say in which trial it was."""
    tables = []
    for trial in trials:
        begin_s = trial.begin_s
        if begin_s is None or trial.samples.empty:
            continue
        record = trial.record
        found = find(trial.samples, begin_s)
        about: dict[str, int | str] = {
            "trial": record.index,
            "fault": record.fault,
            "target": record.hit,
        }
        tables.append(found.assign(**about)[[*ABOUT, *columns]])
    return _joined(tables, [*ABOUT, *columns])


def _joined(tables: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    filled = [table for table in tables if not table.empty]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=columns)
