"""The recovery table for page, Markdown and console: a list of texts a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reports.history.schema import STATES
from reports.render.figures import bracket, outage, seconds, share
from reports.render.series_labels import state_label, word_of
from reports.verdict import worst

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    import pandas as pd

    from reports.analysis.suite import SuiteAnalysis
    from reports.history.schema import ExperimentRecord, SuiteRecord
    from reports.locale.catalogue import Words
    from reports.verdict import VerdictValue

    Row = Mapping[Any, Any]


def _ends(name: str) -> tuple[str, str]:
    return f"{name}_median_lower_s", f"{name}_median_upper_s"


# column of the page -> columns of the table, and how they are written
FIGURES: dict[str, tuple[Sequence[str], Callable[..., str]]] = {
    "degraded s": (_ends("degraded"), bracket),
    "good inside": (("good_share_degraded_median",), share),
    "good in fault": (("good_share_during_median",), share),
    "availability": (("availability_min",), share),
    "first error": (("first_error_median_s",), seconds),
    "new leader": (("new_leader_median_s",), seconds),
    "first success": (_ends("first_success"), bracket),
    "all good": (_ends("all_good"), bracket),
    "after heal": (_ends("all_good_after_heal"), bracket),
}
RECOVERY_COLUMNS = ("fault", "probe", "conn.", "n", "outage s", *FIGURES)
STATE_COLUMNS = ("fault", "state", "n", "longest failure s", "share met in fault", "after heal")
CONSOLE_COLUMNS = (
    *("fault", "probe", "conn.", "outage s", "good in fault", "degraded s", "new leader"),
    "after heal",
)
CLIENT_SERIES = (("read", "new"), ("read", "reused"), ("write", "new"), ("write", "reused"))


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
            *(_trials(row, words), _median(row, words)),
            *_written(row, FIGURES),
        ]
        for name, row in _rows(recovery, record)
        if row["probe"] not in STATES
    ]


def state_texts(recovery: pd.DataFrame, record: SuiteRecord, words: Words) -> list[list[str]]:
    """Return the rows of STATE_COLUMNS: nodes and leases, the worst node, medians over trials."""
    return [
        [
            *(name, state_label(row["probe"], words), _trials(row, words), _median(row, words)),
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


def _trials(row: Row, words: Words) -> str:
    """Return how many trials were measured, and how many are left out."""
    key = "n_and_left_out" if row["left_out"] else "n_alone"
    return words[key].format(count=row["n"], left_out=row["left_out"])


def _median(row: Row, words: Words) -> str:
    lower_s, upper_s = (row[column] for column in _ends("outage"))
    return outage(lower_s, upper_s, words)


def _written(row: Row, columns: Collection[str]) -> list[str]:
    figures = (FIGURES[name] for name in columns)
    return [write(*(row[column] for column in of_table)) for of_table, write in figures]


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


def longest_outage_rows(analysis: SuiteAnalysis, words: Words, lang: str) -> list[dict[str, Any]]:
    """Return one row an injection: the longest outage of each client series, the worst verdict.

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
                | _outage_cell(by_series.get((name, probe, connection)), words)
                for probe, connection in CLIENT_SERIES
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


def _outage_cell(row: Row | None, words: Words) -> dict[str, str]:
    if row is None or not row["n"]:
        return {"outage": "–", "rest": ""}
    if row["degraded_median_upper_s"] == 0 and row["outage_median_upper_s"] == 0:
        return {"outage": words["none"], "rest": ""}
    rest = [words["share_good"].format(share=share(row["good_share_during_median"]))]
    lower_s, upper_s = (row[column] for column in _ends("all_good_after_heal"))
    if upper_s > 0:
        rest.append(words["good_again"].format(seconds=bracket(lower_s, upper_s)))
    return {"outage": _median(row, words), "rest": words["comma"].join(rest)}
