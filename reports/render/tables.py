"""The recovery table as people read it: one list of texts a row, for page, Markdown and console."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from reports.history.schema import NODE_READY, STATES
from reports.render.figures import bracket, seconds, share
from reports.render.observed import is_observation, observed_headline
from reports.render.suite_words import SUITE_WORDS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

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


def worst_kind(kinds: Collection[str]) -> str:
    """Return the verdict that stands for all; none at all are unknown."""
    return next((kind for kind in ("violated", "unknown", "holds") if kind in kinds), "unknown")


def cost_rows(analysis: Analysis, words: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return one row an experiment: what it costs each of COST_SERIES, and its worst verdict."""
    by_series = {
        (row["experiment"], row["probe"], row["connection"]): row
        for row in analysis.tables["recovery"].to_dict("records")
    }
    titles = {trial.record.experiment: trial for trial in reversed(analysis.trials)}
    rows = []
    for experiment in dict.fromkeys(trial.record.experiment for trial in analysis.trials):
        found = [one.verdict for one in analysis.verdicts if one.experiment == experiment]
        record = titles[experiment].record
        cells = [
            {"probe": f"{probe}s", "connection": connection}
            | _cost(by_series.get((experiment, probe, connection)), words)
            for probe, connection in COST_SERIES
        ]
        rows.append(
            {
                "experiment": experiment,
                "title": record.title,
                "index": record.index,
                "verdict": worst_kind(found),
                "cells": cells,
            }
        )
    return rows


def _cost(row: dict[Any, Any] | None, words: Mapping[str, str]) -> dict[str, str]:
    if row is None:
        return {"outage": "–", "rest": ""}
    if row["degraded_median_s"] == 0 and row["outage_median_upper_s"] == 0:
        return {"outage": words["none"], "rest": ""}
    rest = [words["good"].format(share=share(row["hold_good_share_median"]))]
    if row["all_good_after_heal_median_s"] > 0:
        back = seconds(row["all_good_after_heal_median_s"])
        rest.append(words["good_again"].format(seconds=back))
    outage = bracket(row["outage_median_lower_s"], row["outage_median_upper_s"])
    return {"outage": words["none"] if outage == "none" else outage, "rest": ", ".join(rest)}


def headline(analysis: Analysis, lang: str = "en") -> str:
    """Say in a sentence what came of the run."""
    if is_observation(analysis):
        return observed_headline(analysis, lang)
    words = SUITE_WORDS[lang]
    kinds = [one.verdict for one in analysis.verdicts]
    faults = len({trial.record.experiment for trial in analysis.trials})
    violated, unknown = kinds.count("violated"), kinds.count("unknown")
    about = words["about"].format(
        total=len(kinds),
        faults=faults,
        expectations=words["expectation" if len(kinds) == 1 else "expectations_noun"],
        fault_noun=words["fault_one" if faults == 1 else "fault_many"],
    )
    if not kinds:
        return words["nothing"]
    if violated:
        rest = words["rest_unknown"].format(unknown=unknown) if unknown else ""
        return words["some_wrong"].format(violated=violated, about=about, rest=rest)
    if unknown:
        return words["some_unknown"].format(unknown=unknown, about=about)
    if len(kinds) == faults == 1:
        return words["one_holds"]
    return words["all_hold"].format(about=about)


def worst_sentence(analysis: Analysis, lang: str) -> str:
    """Say what the longest interruption of a client was; nothing where nothing was measured."""
    if is_observation(analysis):
        return ""  # the headline says it
    words, table = SUITE_WORDS[lang], analysis.tables["recovery"]
    asked = table[table["probe"].isin(("read", "write"))] if len(table) else table
    if asked.empty:
        return ""
    row = asked.sort_values(["outage_max_lower_s", "outage_max_upper_s"]).iloc[-1]
    lower, upper = row["outage_max_lower_s"], row["outage_max_upper_s"]
    if upper == 0:
        return words["no_interruption"]
    open_end = math.isinf(upper)
    failed = words["failed_open" if open_end else "failed_for"].format(
        bracket=bracket(lower, upper), lower=seconds(lower)
    )
    titles = {trial.record.experiment: trial.record.title for trial in analysis.trials}
    return words["worst"].format(
        probe=words[f"{row['probe']}s"],
        connection=words.get(row["connection"], row["connection"]),
        failed=failed,
        title=titles[row["experiment"]],
    )
