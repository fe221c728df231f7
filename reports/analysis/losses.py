"""Which scheduled probes were not recorded: what a dead prober or a full disk leaves. Pure."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from reports.analysis.series import arrays_of
from reports.history.events import BaselineBegin
from reports.history.schema import SERIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reports.analysis.series import Seconds
    from reports.history.trial import TrialHistory

    # a series -> when its recorded probes were due, in order
    Schedules = Mapping[tuple[str, ...], Seconds]

LOSS_COLUMNS = ("trial", *SERIES, "from_s", "to_s", "lost")
# The grid of a series begins up to a period into a trial, and ends up to one before its end. The
# rest is for rounding: a series whose last probe is missing looks as if it had ended well.
SLACK_PERIODS = 1.01


@dataclass(frozen=True)
class Hole:
    """A time without a scheduled probe; `lost` is how many probes the schedule has in it."""

    probe: str
    worker: str
    connection: str
    from_s: float
    to_s: float
    lost: int

    @property
    def series(self) -> tuple[str, str, str]:
        """Of which series."""
        return self.probe, self.worker, self.connection


def losses(trials: Sequence[TrialHistory]) -> pd.DataFrame:
    """Return one row (LOSS_COLUMNS) a hole; `trials`: their samples are marked."""
    rows = [
        (trial.record.index, *astuple(hole))
        for trial in trials
        for hole in holes_of(trial, schedules_of(trial))
    ]
    return pd.DataFrame(rows, columns=list(LOSS_COLUMNS))


def holes_of(trial: TrialHistory, schedules: Schedules) -> list[Hole]:
    """Return the holes from the baseline to the end of the probing, series by series.

    A trial of which the end was not recorded has no schedule, and no holes.
    """
    begin, end_s = trial.first(BaselineBegin), trial.end_s
    if end_s is None:
        return []
    since_s = begin.t_s if begin and begin.t_s < end_s else 0.0
    holes = []
    for series in trial.experiment.series:
        for worker in series.workers:
            key = (series.probe, worker, series.connection)
            # between its ends, which are no probes, there is one gap more than there are probes
            times_s = np.concatenate([[since_s], schedules.get(key, np.array([])), [end_s]])
            gaps_s = np.diff(times_s)
            for place in np.flatnonzero(gaps_s > SLACK_PERIODS / series.rate_hz).tolist():
                lost = max(1, round(gaps_s[place] * series.rate_hz) - 1)
                holes.append(Hole(*key, float(times_s[place]), float(times_s[place + 1]), lost))
    return holes


def doubled_of(schedules: Schedules) -> list[tuple[str, ...]]:
    """Return the series of which a scheduled probe is recorded twice."""
    return [key for key, times_s in schedules.items() if np.any(np.diff(times_s) == 0)]


def schedules_of(trial: TrialHistory) -> Schedules:
    """Return series -> when its recorded probes were due, in order."""
    probes = arrays_of(trial.samples)
    parts = zip(probes.begin.tolist(), probes.end.tolist(), strict=True)
    scheduled = [np.sort(probes.scheduled_s[first:last]) for first, last in parts]
    return dict(zip(probes.keys(), scheduled, strict=True))
