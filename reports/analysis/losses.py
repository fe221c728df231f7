"""Which scheduled probes were not recorded: what a dead prober or a full disk leaves. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from reports.history.schema import SERIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.history.reader import TrialHistory
    from reports.history.schema import RunRecord

LOSS_COLUMNS = ("trial", *SERIES, "from_s", "to_s", "lost")
# The grid of a series begins up to a period into a trial, and ends up to one before its end.
SLACK_PERIODS = 1.5


def losses(run: RunRecord, trials: Sequence[TrialHistory]) -> pd.DataFrame:
    """Return one row (LOSS_COLUMNS) a hole; `lost` is how many probes the schedule has in it.

    A trial that was never begun has no schedule, and no holes.
    """
    rows = [row for trial in trials for row in _of_trial(run, trial)]
    return pd.DataFrame(rows, columns=list(LOSS_COLUMNS))


def _of_trial(run: RunRecord, trial: TrialHistory) -> list[tuple[int | str | float, ...]]:
    begin_s = trial.time_of("baseline_begin")
    end_s = trial.time_of("probing_end")
    if begin_s is None or end_s is None or end_s <= begin_s:
        return []
    groups = dict(iter(trial.samples.groupby(SERIES)["scheduled_s"]))
    rows: list[tuple[int | str | float, ...]] = []
    for one in run.series:
        allowed_s = SLACK_PERIODS / one.rate_hz
        for worker in run.workers if one.workers is None else one.workers:
            key = (one.probe, worker, one.connection)
            seen = np.sort(groups[key].to_numpy(float)) if key in groups else np.array([])
            # between its ends, which are no probes, there is one gap more than there are probes
            times = np.concatenate([[begin_s], seen, [end_s]])
            gaps = np.diff(times)
            for place in np.flatnonzero(gaps > allowed_s).tolist():
                lost = max(1, round(gaps[place] * one.rate_hz) - 1)
                ends = float(times[place]), float(times[place + 1])
                rows.append((trial.record.index, *key, *ends, lost))
    return rows
