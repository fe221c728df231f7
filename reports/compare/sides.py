"""Reads what is compared: a run directory, or a directory of run directories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from reports.analysis import analyse
from reports.analysis.evidence import lack_of_evidence
from reports.analysis.recovery import worst_of_workers
from reports.errors import ReportError
from reports.history.object import read_object
from reports.history.reader import read_run, read_trials

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from reports.analysis import Analysis
    from reports.compare.metrics import Metric
    from reports.history.schema import RunRecord


@dataclass(frozen=True)
class Side:
    """Runs of one setting. `rows`: one a run, trial, probe and connection, the worst worker.

    `left_out`: the trials that prove nothing, and why.
    """

    directory: Path
    runs: list[RunRecord]
    rows: pd.DataFrame
    left_out: list[str]
    verdicts: dict[tuple[str, str], str]

    def experiments(self) -> list[str]:
        """Return the experiments that have trials, in the order in which they were run."""
        return list(dict.fromkeys(self.rows["experiment"])) if len(self.rows) else []

    def values(self, metric: Metric, experiment: str) -> tuple[NDArray[np.float64], ...]:
        """Return the lower and the upper ends of a metric's values, one of each a trial."""
        rows, measure = self.rows, metric.measure
        if rows.empty:
            return np.array([]), np.array([])
        mine = rows[(rows["experiment"] == experiment) & (rows["probe"] == metric.probe)]
        if metric.connection:
            mine = mine[mine["connection"] == metric.connection]
        how = "max" if measure.more_is_worse else "min"
        trials = mine.groupby(["run", "trial"])[list(dict.fromkeys((measure.lower, measure.upper)))]
        ends = trials.agg(how)
        if metric.figure in ("recovery", "degraded"):
            ends = ends.fillna(0.0)  # there was nothing to recover from
        ends = ends.dropna()
        return ends[measure.lower].to_numpy(float), ends[measure.upper].to_numpy(float)


def read_side(directory: Path) -> Side:
    """Read a run, or every run in a directory. Raises ReportError when there is none."""
    if (directory / "run.json").exists():
        places = [directory]
    else:
        places = sorted(path.parent for path in directory.glob("*/run.json"))
    if not places:
        raise ReportError(f"{directory} is no run directory, and has none in it")
    analyses = [_analysis(place) for place in places]
    tables, left_out = [], []
    verdicts: dict[tuple[str, str], str] = {}
    for number, analysis in enumerate(analyses):
        reasons = {
            trial.record.index: lack_of_evidence(analysis.run, trial) for trial in analysis.trials
        }
        left_out += [f"{analysis.run.id}, trial {n}: {why}" for n, why in reasons.items() if why]
        rows = worst_of_workers(analysis.tables["trials"])
        if len(rows):
            good = rows[~rows["trial"].map(lambda index, known=reasons: bool(known.get(index)))]
            tables.append(good.assign(run=number))
        for one in analysis.verdicts:
            _keep_worst(verdicts, (one.experiment, one.id), one.verdict)
    rows = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    return Side(directory, [one.run for one in analyses], rows, left_out, verdicts)


def _analysis(place: Path) -> Analysis:
    kind = read_object(place / "run.json").get("kind", "suite")
    if kind != "suite":
        raise ReportError(f"{place} is a run of kind {kind}; only runs of suites are compared")
    run = read_run(place)
    return analyse(run, read_trials(place, run))


def _keep_worst(verdicts: dict[tuple[str, str], str], key: tuple[str, str], kind: str) -> None:
    order = ("violated", "unknown", "holds")
    verdicts[key] = min(kind, verdicts.get(key, kind), key=order.index)


def differences(a: Side, b: Side) -> list[str]:
    """Say in what the two settings differ: versions, lab, rates, deadlines, machine."""
    found = []
    for name in ("versions", "lab", "settings", "host", "deadline_s", "client_timeout_s", "series"):
        ours, theirs = ([getattr(run, name) for run in one.runs] for one in (a, b))
        if all(one == ours[0] for one in (*ours, *theirs)):
            continue
        if isinstance(ours[0], dict) and isinstance(theirs[0], dict):
            keys = sorted({*ours[0], *theirs[0]})
            changed = [key for key in keys if ours[0].get(key) != theirs[0].get(key)]
            ends = [
                [one.get(key, "not recorded") for key in changed] for one in (ours[0], theirs[0])
            ]
            found += [f"{name}.{k}: {x} → {y}" for k, x, y in zip(changed, *ends, strict=True)]
            if not changed:
                found.append(f"{name}: the runs of one side differ among themselves")
        elif name == "series":
            found.append("series: rates or kinds of requests differ")
        else:
            found.append(f"{name}: {ours[0]} → {theirs[0]}")
    return found
