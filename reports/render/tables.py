"""The recovery table as people read it: one list of texts a row, for page, Markdown and console."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reports.history.schema import NODE_READY, STATES
from reports.render.figures import bracket, seconds, share
from reports.render.observed import is_observation, observed_headline

if TYPE_CHECKING:
    from reports.analysis import Analysis

RECOVERY_COLUMNS = (
    "fault",
    "probe",
    "conn.",
    "n",
    "outage s",
    "degraded s",
    "good inside",
    "good in fault",
    "availability",
    "first error",
    "new leader",
    "first success",
    "all good",
    "after heal",
)
STATE_COLUMNS = ("fault", "state", "n", "not so for s", "so in fault", "after heal")
COST_SERIES = (("read", "new"), ("read", "reused"), ("write", "new"), ("write", "reused"))


def recovery_texts(analysis: Analysis) -> list[list[str]]:
    """Return the rows of RECOVERY_COLUMNS, the worst over all workers, medians over trials."""
    return [
        [
            row["experiment"],
            row["probe"],
            row["connection"],
            str(row["n"]),
            bracket(row["outage_median_lower_s"], row["outage_median_upper_s"]),
            seconds(row["degraded_median_s"]),
            share(row["good_share_median"]),
            share(row["hold_good_share_median"]),
            share(row["availability_min"]),
            seconds(row["first_error_median_s"]),
            seconds(row["new_leader_median_s"]),
            seconds(row["first_success_median_s"]),
            seconds(row["all_good_median_s"]),
            seconds(row["all_good_after_heal_median_s"]),
        ]
        for row in analysis.tables["recovery"].to_dict("records")
        if row["probe"] not in STATES
    ]


def state_texts(analysis: Analysis) -> list[list[str]]:
    """Return the rows of STATE_COLUMNS: nodes and leases, the worst node, medians over trials."""
    return [
        [
            row["experiment"],
            state_name(row["probe"]),
            str(row["n"]),
            bracket(row["outage_median_lower_s"], row["outage_median_upper_s"]),
            share(row["hold_good_share_median"]),
            seconds(row["all_good_after_heal_median_s"]),
        ]
        for row in analysis.tables["recovery"].to_dict("records")
        if row["probe"] in STATES
    ]


def state_name(probe: str) -> str:
    """Say what a state is, in short."""
    return "node Ready" if probe == NODE_READY else f"{probe.removeprefix('lease-kube-')} lease"


def cost_rows(analysis: Analysis) -> list[dict[str, Any]]:
    """Return one row an experiment: what it costs each of COST_SERIES, and its worst verdict."""
    by_series = {
        (row["experiment"], row["probe"], row["connection"]): row
        for row in analysis.tables["recovery"].to_dict("records")
    }
    titles = {trial.record.experiment: trial for trial in reversed(analysis.trials)}
    rows = []
    for experiment in dict.fromkeys(trial.record.experiment for trial in analysis.trials):
        found = [one.verdict for one in analysis.verdicts if one.experiment == experiment]
        worst = next(
            (kind for kind in ("violated", "unknown", "holds") if kind in found), "unknown"
        )
        record = titles[experiment].record
        rows.append(
            {
                "experiment": experiment,
                "title": record.title,
                "index": record.index,
                "verdict": worst,
                "cells": [_cost(by_series.get((experiment, *one))) for one in COST_SERIES],
            }
        )
    return rows


def _cost(row: dict[Any, Any] | None) -> dict[str, str]:
    if row is None:
        return {"outage": "–", "rest": ""}
    if row["degraded_median_s"] == 0 and row["outage_median_upper_s"] == 0:
        return {"outage": "none", "rest": ""}
    rest = f"{share(row['hold_good_share_median'])} good"
    if row["all_good_after_heal_median_s"] > 0:
        rest += f", all good {seconds(row['all_good_after_heal_median_s'])} s after the heal"
    outage = bracket(row["outage_median_lower_s"], row["outage_median_upper_s"])
    return {"outage": outage, "rest": rest}


def headline(analysis: Analysis) -> str:
    """Say in a sentence what came of the run."""
    if is_observation(analysis):
        return observed_headline(analysis)
    kinds = [one.verdict for one in analysis.verdicts]
    faults = len({trial.record.experiment for trial in analysis.trials})
    about = f"{len(kinds)} expectations about {faults} faults"
    violated, unknown = kinds.count("violated"), kinds.count("unknown")
    if not kinds:
        return "Nothing was judged."
    if violated:
        rest = f", {unknown} could not be judged" if unknown else ""
        return f"{violated} of {about} did not hold{rest}."
    if unknown:
        return f"{unknown} of {about} could not be judged; none was seen violated."
    return f"All {about} hold."
