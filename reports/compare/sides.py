"""A side of a comparison: runs of suites, and what each planned trial of them has of a metric."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.compare.trial_values import TrialValues

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from reports.compare.metrics import ComparedMetric
    from reports.compare.trial_values import Values
    from reports.history.schema import ExperimentRecord, SuiteRecord
    from reports.locale.message import Message
    from reports.verdict import VerdictValue

# Number of the run within its side, index of the trial within the run.
TrialKey = tuple[int, int]


@dataclass(frozen=True)
class Side:
    """Runs with the same settings.

    `rows`: a row a trial, series and injection that was measured, of the table of trials, with the
    columns `run` and `subject`. A subject is an experiment, or EXPERIMENT/INJECTION where it has
    several injections. `planned`: the trials of each subject. `not_recovered`: trials in which the
    cluster did not come back. `scarce`: how many trials had hardly enough processors. `unplanned`:
    recorded trials that no plan names. `left_out`: the trials, and the injections, that prove
    nothing, and why.
    """

    directory: Path
    runs: list[SuiteRecord]
    rows: pd.DataFrame
    planned: Mapping[str, frozenset[TrialKey]]
    not_recovered: frozenset[TrialKey]
    scarce: int
    unplanned: int
    left_out: list[Message]
    verdicts: dict[tuple[str, str], VerdictValue]

    @property
    def trials(self) -> int:
        """How many trials are compared."""
        return len(self.rows.drop_duplicates(["run", "trial"])) if len(self.rows) else 0

    @property
    def trials_planned(self) -> int:
        """How many trials were planned."""
        return sum(len(run.trials) for run in self.runs)

    def subjects_of(self, metric: ComparedMetric) -> list[str]:
        """Return the planned subjects of a metric, in which its series were to be measured."""
        return [
            subject
            for subject in self.planned
            if metric.covers(subject) and self.plans(metric, subject)
        ]

    def plans(self, metric: ComparedMetric, subject: str) -> bool:
        """Whether any run was to measure a metric's series in a subject."""
        return any(
            metric.measures(series.probe, series.connection)
            for experiment in self.experiments_of(subject)
            for series in experiment.series
        )

    def experiments_of(self, subject: str) -> list[ExperimentRecord]:
        """Return what the runs planned of a subject's experiment; nothing where none did."""
        name = subject.partition("/")[0]
        return [
            experiment
            for run in self.runs
            for experiment in run.experiments
            if experiment.id == name
        ]

    def values(self, metric: ComparedMetric, subject: str) -> TrialValues:
        """Return a metric's values of a subject: of each trial its worst worker and connection.

        A trial in which a planned worker or connection has no value is not measured.
        """
        planned = self.planned.get(subject, frozenset())
        lower, upper = self._ends(metric, subject)
        return TrialValues(
            lower,
            upper,
            unmeasured=max(len(planned) - len(lower), 0) + self.unplanned,
            not_recovered=len(planned & self.not_recovered),
        )

    def _ends(self, metric: ComparedMetric, subject: str) -> tuple[Values, Values]:
        measure = metric.measure
        if self.rows.empty:
            return np.array([]), np.array([])
        series = self.rows[(self.rows["subject"] == subject) & (self.rows["probe"] == metric.probe)]
        if metric.connection:
            series = series[series["connection"] == metric.connection]
        columns = list(dict.fromkeys((measure.lower, measure.upper)))
        trials = series.dropna(subset=columns).groupby(["run", "trial"])
        ends = trials[columns].agg("max" if measure.more_is_worse else "min")
        whole = trials.size() >= [self._workers(metric, subject, run) for run, _ in ends.index]
        ends = ends[whole.to_numpy(bool)]
        return ends[measure.lower].to_numpy(float), ends[measure.upper].to_numpy(float)

    def _workers(self, metric: ComparedMetric, subject: str, run: int) -> int:
        """Return how many series of workers a run was to measure for a metric."""
        experiment = self.runs[run].experiment(subject.partition("/")[0])
        return sum(
            len(series.workers)
            for series in experiment.series
            if metric.measures(series.probe, series.connection)
        )
