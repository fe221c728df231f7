"""The recovery table for page, Markdown and console: a list of texts a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reports.history.schema import STATES
from reports.render.figures import outage, seconds, share
from reports.render.series_labels import state_label, word_of
from reports.verdict import worst

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    import pandas as pd

    from reports.analysis.suite import SuiteAnalysis
    from reports.history.schema import ExperimentRecord, SuiteRecord
    from reports.locale.catalogue import Words
    from reports.verdict import VerdictValue

    Row = Mapping[Any, Any]

# column of the page -> column of the table, and how it is written
FIGURES: dict[str, tuple[str, Callable[[float], str]]] = {
    "degraded s": ("degraded_median_s", seconds),
    "good inside": ("good_share_median", share),
    "good in fault": ("hold_good_share_median", share),
    "availability": ("availability_min", share),
    "first error": ("first_error_median_s", seconds),
    "new leader": ("new_leader_median_s", seconds),
    "first success": ("first_success_median_s", seconds),
    "all good": ("all_good_median_s", seconds),
    "after heal": ("all_good_after_heal_median_s", seconds),
}
RECOVERY_COLUMNS = ("fault", "probe", "conn.", "n", "outage s", *FIGURES)
STATE_COLUMNS = ("fault", "state", "n", "longest failure s", "share met in fault", "after heal")
CONSOLE_COLUMNS = (
    *("fault", "probe", "conn.", "outage s", "good in fault", "degraded s", "new leader"),
    "after heal",
)
COST_SERIES = (("read", "new"), ("read", "reused"), ("write", "new"), ("write", "reused"))


def subjects(table: pd.DataFrame, record: SuiteRecord) -> list[str]:
    """Name the experiment of each row; EXPERIMENT/INJECTION where it has several injections.

    Several were planned, or begun, as by an action that takes something
    away.
    """
    if table.empty:
        return []
    planned = [experiment.id for experiment in record.experiments if len(experiment.faults) > 1]
    several = table.groupby("experiment")["injection"].transform("nunique") > 1
    several |= table["experiment"].isin(planned)
    names = table["experiment"].astype(str)
    return names.where(~several, names + "/" + table["injection"].astype(str)).tolist()


def recovery_texts(recovery: pd.DataFrame, record: SuiteRecord, words: Words) -> list[list[str]]:
    """Return the rows of RECOVERY_COLUMNS, the worst over all workers, medians over trials."""
    return [
        [
            name,
            *(word_of(row[column], words) for column in ("probe", "connection")),
            *(str(row["n"]), _median(row, words)),
            *_written(row, FIGURES),
        ]
        for name, row in _rows(recovery, record)
        if row["probe"] not in STATES
    ]


def state_texts(recovery: pd.DataFrame, record: SuiteRecord, words: Words) -> list[list[str]]:
    """Return the rows of STATE_COLUMNS: nodes and leases, the worst node, medians over trials."""
    return [
        [
            *(name, state_label(row["probe"], words), str(row["n"]), _median(row, words)),
            *_written(row, ("good in fault", "after heal")),
        ]
        for name, row in _rows(recovery, record)
        if row["probe"] in STATES
    ]


def console_texts(recovery: pd.DataFrame, record: SuiteRecord, words: Words) -> list[list[str]]:
    """Return the rows of CONSOLE_COLUMNS; other columns and probes of health are in the report."""
    if recovery.empty:
        return []
    requests = recovery[recovery["probe"].isin(("read", "write"))]
    rows, last = [], ""
    for texts in recovery_texts(requests, record, words):
        row = dict(zip(RECOVERY_COLUMNS, texts, strict=True))
        row["fault"], last = (row["fault"] if row["fault"] != last else ""), row["fault"]
        rows.append([row[column] for column in CONSOLE_COLUMNS])
    return rows


def _rows(recovery: pd.DataFrame, record: SuiteRecord) -> list[tuple[str, Row]]:
    return list(zip(subjects(recovery, record), recovery.to_dict("records"), strict=True))


def _median(row: Row, words: Words) -> str:
    return outage(row["outage_median_lower_s"], row["outage_median_upper_s"], words)


def _written(row: Row, columns: Collection[str]) -> list[str]:
    figures = (FIGURES[name] for name in columns)
    return [write(row[column]) for column, write in figures]


def outage_texts(outages: pd.DataFrame, words: Words) -> list[list[str]]:
    """Return a row for each kind of request and what its outages belong to, by their beginning.

    The injections, probe, connection, number of outages, bracket of the longest, workers.
    """
    groups = outages.sort_values("start_s").groupby(
        ["injection", "probe", "connection"], sort=False
    )
    return [
        [
            str(injection) or words["none"],
            *(word_of(str(name), words) for name in (probe, connection)),
            str(len(part)),
            outage(part["lower_s"].max(), part["upper_s"].max(), words),
            ", ".join(sorted(set(part["worker"]))),
        ]
        for (injection, probe, connection), part in groups
    ]


def cost_rows(analysis: SuiteAnalysis, words: Words, lang: str) -> list[dict[str, Any]]:
    """Return one row an injection: what it costs each of COST_SERIES, and the worst verdict.

    Of several injections each has the demands that name it; "" where none does.
    """
    rows = _rows(analysis.tables["recovery"], analysis.record)
    by_series = {(name, row["probe"], row["connection"]): row for name, row in rows}
    names: dict[str, list[str]] = {}
    for name, row in rows:
        names.setdefault(row["experiment"], []).append(name)
    first = {trial.history.experiment.id: trial.history for trial in reversed(analysis.trials)}
    return [
        {
            "title": history.experiment.title.in_language(lang),
            "injection": name.partition("/")[2],
            "index": history.record.index,
            "verdict": _verdict(analysis, history.experiment, name.partition("/")[2]),
            "cells": [
                {"probe": f"{probe}s", "connection": connection}
                | _cost(by_series.get((name, probe, connection)), words)
                for probe, connection in COST_SERIES
            ],
        }
        for experiment, history in sorted(first.items(), key=lambda named: named[1].record.index)
        if history.experiment.series
        for name in dict.fromkeys(names.get(experiment, [experiment]))
    ]


def _verdict(
    analysis: SuiteAnalysis, experiment: ExperimentRecord, injection: str
) -> VerdictValue | str:
    """Return the worst verdict about an injection, "" for none; without one, of the experiment."""
    about = {
        expectation.id
        for expectation in experiment.expect
        if injection in ("", expectation.during, expectation.after_heal_of)
    }
    verdicts = [
        verdict.verdict
        for verdict in analysis.verdicts
        if verdict.experiment == experiment.id and verdict.id in about
    ]
    return worst(verdicts) if verdicts or not injection else ""


def _cost(row: Row | None, words: Words) -> dict[str, str]:
    if row is None:
        return {"outage": "–", "rest": ""}
    if row["degraded_median_s"] == 0 and row["outage_median_upper_s"] == 0:
        return {"outage": words["none"], "rest": ""}
    rest = [words["share_good"].format(share=share(row["hold_good_share_median"]))]
    if row["all_good_after_heal_median_s"] > 0:
        back = seconds(row["all_good_after_heal_median_s"])
        rest.append(words["good_again"].format(seconds=back))
    return {"outage": _median(row, words), "rest": words["comma"].join(rest)}
