"""The recovery table as people read it: one list of texts a row, for page, Markdown and console."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reports.history.schema import NODE_READY, STATES
from reports.render.figures import outage, seconds, share
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

    Several were planned, whatever came of them, or begun, as by an action that takes something
    away.
    """
    if table.empty:
        return []
    planned = [one.id for one in record.experiments if len(one.faults) > 1]
    several = table.groupby("experiment")["injection"].transform("nunique") > 1
    several |= table["experiment"].isin(planned)
    names = table["experiment"].astype(str)
    return names.where(~several, names + "/" + table["injection"].astype(str)).tolist()


def recovery_texts(recovery: pd.DataFrame, record: SuiteRecord) -> list[list[str]]:
    """Return the rows of RECOVERY_COLUMNS, the worst over all workers, medians over trials."""
    return [
        [
            name,
            row["probe"],
            row["connection"],
            str(row["n"]),
            _median(row),
            *_written(row, FIGURES),
        ]
        for name, row in _rows(recovery, record)
        if row["probe"] not in STATES
    ]


def state_texts(recovery: pd.DataFrame, record: SuiteRecord) -> list[list[str]]:
    """Return the rows of STATE_COLUMNS: nodes and leases, the worst node, medians over trials."""
    return [
        [
            *(name, state_name(row["probe"]), str(row["n"]), _median(row)),
            *_written(row, ("good in fault", "after heal")),
        ]
        for name, row in _rows(recovery, record)
        if row["probe"] in STATES
    ]


def console_texts(recovery: pd.DataFrame, record: SuiteRecord) -> list[list[str]]:
    """Return the rows of CONSOLE_COLUMNS; other columns and probes of health are in the report."""
    rows, last = [], ""
    for texts in recovery_texts(recovery, record):
        row = dict(zip(RECOVERY_COLUMNS, texts, strict=True))
        if row["probe"] not in ("read", "write"):
            continue
        row["fault"], last = (row["fault"] if row["fault"] != last else ""), row["fault"]
        rows.append([row[column] for column in CONSOLE_COLUMNS])
    return rows


def _rows(recovery: pd.DataFrame, record: SuiteRecord) -> list[tuple[str, Row]]:
    return list(zip(subjects(recovery, record), recovery.to_dict("records"), strict=True))


def _median(row: Row) -> str:
    return outage(row["outage_median_lower_s"], row["outage_median_upper_s"])


def _written(row: Row, columns: Collection[str]) -> list[str]:
    chosen = (FIGURES[name] for name in columns)
    return [write(row[column]) for column, write in chosen]


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
            *(words.get(str(name), str(name)) for name in (probe, connection)),
            str(len(part)),
            outage(part["lower_s"].max(), part["upper_s"].max()),
            ", ".join(sorted(set(part["worker"]))),
        ]
        for (injection, probe, connection), part in groups
    ]


def state_name(probe: str) -> str:
    """Say what a state is, in short."""
    return "node Ready" if probe == NODE_READY else f"{probe.removeprefix('lease-kube-')} lease"


def cost_rows(analysis: SuiteAnalysis, words: Words, lang: str) -> list[dict[str, Any]]:
    """Return one row an injection: what it costs each of COST_SERIES, and the worst verdict.

    Of several injections each has the demands that name it; "" where none does.
    """
    found = _rows(analysis.tables["recovery"], analysis.record)
    by_series = {(name, row["probe"], row["connection"]): row for name, row in found}
    names: dict[str, list[str]] = {}
    for name, row in found:
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
        one.id for one in experiment.expect if injection in ("", one.during, one.after_heal_of)
    }
    mine = [
        one.verdict
        for one in analysis.verdicts
        if one.experiment == experiment.id and one.id in about
    ]
    return worst(mine) if mine or not injection else ""


def _cost(row: Row | None, words: Words) -> dict[str, str]:
    if row is None:
        return {"outage": "–", "rest": ""}
    if row["degraded_median_s"] == 0 and row["outage_median_upper_s"] == 0:
        return {"outage": words["none"], "rest": ""}
    rest = [words["share_good"].format(share=share(row["hold_good_share_median"]))]
    if row["all_good_after_heal_median_s"] > 0:
        back = seconds(row["all_good_after_heal_median_s"])
        rest.append(words["good_again"].format(seconds=back))
    shown = _median(row)
    return {"outage": words.get(shown, shown), "rest": ", ".join(rest)}
