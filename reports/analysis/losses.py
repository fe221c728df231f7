"""Which scheduled probes were not recorded: what a dead prober or a full disk leaves. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from reports.history.events import BaselineBegin
from reports.history.schema import SERIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.history.trial import TrialHistory

LOSS_COLUMNS = ("trial", *SERIES, "from_s", "to_s", "lost")
# The grid of a series begins up to a period into a trial, and ends up to one before its end.
SLACK_PERIODS = 1.5


def losses(trials: Sequence[TrialHistory]) -> pd.DataFrame:
    """Return one row (LOSS_COLUMNS) a hole; `lost` is how many probes the schedule has in it.

    A trial that was never begun has no schedule, and no holes.
    """
    rows = [row for trial in trials for row in _of_trial(trial)]
    return pd.DataFrame(rows, columns=list(LOSS_COLUMNS))


def _of_trial(trial: TrialHistory) -> list[tuple[int | str | float, ...]]:
    begin, end_s = trial.first(BaselineBegin), trial.end_s
    if begin is None or end_s is None or end_s <= begin.t_s:
        return []
    groups = dict(iter(trial.samples.groupby(SERIES, observed=True)["scheduled_s"]))
    rows: list[tuple[int | str | float, ...]] = []
    for series in trial.experiment.series:
        allowed_s = SLACK_PERIODS / series.rate_hz
        for worker in series.workers:
            key = (series.probe, worker, series.connection)
            there = np.sort(groups[key].to_numpy(float)) if key in groups else np.array([])
            # between its ends, which are no probes, there is one gap more than there are probes
            times = np.concatenate([[begin.t_s], there, [end_s]])
            gaps = np.diff(times)
            for place in np.flatnonzero(gaps > allowed_s).tolist():
                lost = max(1, round(gaps[place] * series.rate_hz) - 1)
                ends = float(times[place]), float(times[place + 1])
                rows.append((trial.record.index, *key, *ends, lost))
    return rows
