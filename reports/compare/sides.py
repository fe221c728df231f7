"""Reads a side of a comparison: a run directory, or a directory of run directories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from reports.analysis.suite import analyse_suite
from reports.errors import ReportError
from reports.history.reader import read_suite
from reports.history.run_json import read_header
from reports.locale.message import message
from reports.render.tables import subjects
from reports.verdict import worst

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from reports.analysis.suite import SuiteAnalysis
    from reports.compare.metrics import ComparedMetric
    from reports.history.schema import SuiteRecord
    from reports.locale.message import Message
    from reports.verdict import VerdictValue


@dataclass(frozen=True)
class Side:
    """Runs with the same settings. `rows`: one a run, trial, probe and connection, worst worker.

    Their column `experiment` is EXPERIMENT/INJECTION where an experiment has several injections.
    `left_out`: the trials, and the injections, that prove nothing, and why.
    """

    directory: Path
    runs: list[SuiteRecord]
    rows: pd.DataFrame
    left_out: list[Message]
    verdicts: dict[tuple[str, str], VerdictValue]

    @property
    def trials(self) -> int:
        """How many trials are compared."""
        return len(self.rows.drop_duplicates(["run", "trial"])) if len(self.rows) else 0

    def experiments(self) -> list[str]:
        """Return the experiments that have trials, in the order in which they were run."""
        return list(dict.fromkeys(self.rows["experiment"])) if len(self.rows) else []

    def values(self, metric: ComparedMetric, experiment: str) -> tuple[NDArray[np.float64], ...]:
        """Return the lower and the upper ends of a metric's values, one of each a trial."""
        rows, measure = self.rows, metric.measure
        if rows.empty:
            return np.array([]), np.array([])
        series = rows[(rows["experiment"] == experiment) & (rows["probe"] == metric.probe)]
        if metric.connection:
            series = series[series["connection"] == metric.connection]
        worst_of = "max" if measure.more_is_worse else "min"
        columns = list(dict.fromkeys((measure.lower, measure.upper)))
        ends = series.groupby(["run", "trial"])[columns].agg(worst_of)
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
        raise ReportError(message("no-run-directory", path=str(directory)))
    analyses = [_analysis(place) for place in places]
    tables: list[pd.DataFrame] = []
    left_out: list[Message] = []
    verdicts: dict[tuple[str, str], VerdictValue] = {}
    for number, analysis in enumerate(analyses):
        reasons = dict(_without_proof(analysis))
        run = analysis.record.id
        left_out += [
            message(
                "injection-left-out" if injection else "trial-left-out",
                run=run,
                trial=index,
                injection=injection,
                reason=reason,
            )
            for (index, injection), reason in reasons.items()
        ]
        tables.append(_rows(analysis, reasons).assign(run=number))
        for verdict in analysis.verdicts:
            key = verdict.experiment, verdict.id
            verdicts[key] = worst((verdict.verdict, verdicts.get(key, verdict.verdict)))
    rows = pd.concat(tables, ignore_index=True) if any(map(len, tables)) else pd.DataFrame()
    return Side(directory, [analysis.record for analysis in analyses], rows, left_out, verdicts)


def _analysis(place: Path) -> SuiteAnalysis:
    kind = read_header(place).kind
    if kind != "suite":
        raise ReportError(message("only-suites-compared", path=str(place), kind=kind))
    record, trials, _ = read_suite(place)
    return analyse_suite(record, trials)


def _without_proof(analysis: SuiteAnalysis) -> Iterator[tuple[tuple[int, str], Message]]:
    """Return the trials ("" for the injection) and injections that prove nothing, and why."""
    for trial in analysis.trials:
        index = trial.history.record.index
        if trial.doubt:
            yield (index, ""), trial.doubt
            continue
        for span in trial.history.injections:
            if span.reason is not None:  # its effect was not confirmed
                yield (index, span.id), span.reason


def _rows(analysis: SuiteAnalysis, reasons: dict[tuple[int, str], Message]) -> pd.DataFrame:
    """Return the rows that prove something, each named by its injection where there are several."""
    rows = analysis.tables["worst"]
    named = rows.assign(experiment=subjects(rows, analysis.record))
    if named.empty:
        return named
    keys = zip(named["trial"], named["injection"], strict=True)
    return named[[not {(trial, ""), (trial, name)} & reasons.keys() for trial, name in keys]]
