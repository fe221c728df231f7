"""Pure functions from histories to figures and verdicts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from reports.analysis.outages import (
    DEGRADED_COLUMNS,
    OUTAGE_COLUMNS,
    degraded_of,
    mark_good,
    outages_of,
)
from reports.analysis.recovery import TRIAL_COLUMNS, recovery_table, rows_of
from reports.analysis.series import arrays, framed
from reports.analysis.stages import STAGE_COLUMNS, recovery_stages
from reports.analysis.trial_consistency import check_trial, consistency_tables
from reports.analysis.verdict import Verdict, judge_trial, over_trials
from reports.analysis.watches import watch_table
from reports.history.schema import SERIES, TIMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.history.reader import TrialHistory
    from reports.history.schema import RunRecord

# All that the tables of outages and recovery need of the samples.
RECOVERY_COLUMNS = [*SERIES, *TIMES, "outcome"]
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
    trials = _marked(run, histories)
    checks = {one.trial.record.index: one for one in map(check_trial, trials) if one}
    by_trial = [
        judge_trial(run, trial)
        + (checks[trial.record.index].verdicts() if trial.record.index in checks else [])
        for trial in trials
    ]
    tables = {
        **_tables(run, trials),
        "stages": pd.DataFrame(
            [row for trial in trials for row in recovery_stages(trial)], columns=STAGE_COLUMNS
        ),
        **consistency_tables(list(checks.values())),
        "watches": watch_table(trials),
    }
    flat = [verdict for found in by_trial for verdict in found]
    return Analysis(run, trials, over_trials(flat), by_trial, tables)


def recovery_of(run: RunRecord, histories: Sequence[TrialHistory]) -> dict[str, pd.DataFrame]:
    """Compute the tables of outages and recovery alone."""
    return _tables(run, _marked(run, histories))


def _marked(run: RunRecord, histories: Sequence[TrialHistory]) -> list[TrialHistory]:
    return [replace(one, samples=mark_good(one.samples, run.deadline_s)) for one in histories]


def _tables(run: RunRecord, trials: Sequence[TrialHistory]) -> dict[str, pd.DataFrame]:
    found = [_measure(trial) for trial in trials if _is_measured(trial)]
    rows = framed([one.rows for one in found], TRIAL_COLUMNS)
    outages = framed([one.outages for one in found], [*ABOUT, *OUTAGE_COLUMNS])
    return {
        "outages": outages.assign(deadline_s=run.deadline_s),
        "degraded": framed([one.degraded for one in found], [*ABOUT, *DEGRADED_COLUMNS]),
        "trials": rows,
        "recovery": recovery_table(rows),
    }


@dataclass(frozen=True)
class _Measured:
    """What was found in one trial: columns of tables, as arrays."""

    outages: dict[str, Any]
    degraded: dict[str, Any]
    rows: dict[str, Any]


def _is_measured(trial: TrialHistory) -> bool:
    return trial.begin_s is not None and not trial.samples.empty


def _measure(trial: TrialHistory) -> _Measured:
    """Find in a trial what came after its injection."""
    begin_s, record, of = trial.begin_s or 0.0, trial.record, arrays(trial.samples)
    found, window = outages_of(of, begin_s), degraded_of(of, begin_s)
    about: dict[str, int | str] = {
        "trial": record.index,
        "fault": record.fault,
        "target": record.hit,
    }
    return _Measured(_about(found, about), _about(window, about), rows_of(trial, of, found, window))


def _about(found: dict[str, Any], about: dict[str, int | str]) -> dict[str, Any]:
    """Say beside everything that was found in which trial it was."""
    count = len(found["series"])
    return {**found, **{name: np.full(count, value) for name, value in about.items()}}
