"""The distribution of outages by fault, as the coordinates that the template draws.

One row a fault, kind of request and connection; in it one bar a trial, from the lower to the upper
end of the bracket of its longest outage at the worst worker, the shortest at the bottom: so a row
reads as an empirical distribution of interval-censored data.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.render.scale import root_position, root_ticks
from reports.render.tables import subjects
from reports.verdict import MEDIAN_TRIALS

if TYPE_CHECKING:
    import pandas as pd

    from reports.history.schema import SuiteRecord
    from reports.locale.catalogue import Words

WIDTH_PX = 830
HEAD_PX, FAULT_PX, GAP_PX = 6, 26, 6
REQUESTS = ("read", "write")


@dataclass(frozen=True)
class Bar:
    """One trial: where its bracket lies, and its tooltip.

    `kind`: bracket, censored (no end), or none (no outage, and no bar).
    """

    x_px: float
    width_px: float
    y_px: float
    kind: str
    tooltip: str


@dataclass(frozen=True)
class Row:
    """One kind of request and connection under one fault. `median_px`: its bracket, or None."""

    probe: str
    connection: str
    top_px: float
    height_px: float
    bars: list[Bar]
    median_px: tuple[float, float] | None


@dataclass(frozen=True)
class DistributionPlot:
    """All that the template draws. `faults`: top, title; ticks: x, label."""

    height_px: float
    faults: list[tuple[float, str]]
    rows: list[Row]
    ticks: list[tuple[float, str]]


def distribution(
    worst: pd.DataFrame,
    recovery: pd.DataFrame,
    record: SuiteRecord,
    titles: dict[str, str],
    words: Words,
) -> DistributionPlot | None:
    """Return the picture of the worst workers' outages, or None when there is no request.

    `recovery` has the medians.
    """
    if len(worst):
        worst = worst[worst["probe"].isin(REQUESTS) & (worst["not_measured"] == "")]
    if worst.empty:
        return None
    worst = worst.assign(subject=subjects(worst, record))
    ends = worst[["outage_lower_s", "outage_upper_s"]].to_numpy().ravel()
    highest = max((float(end) for end in ends if math.isfinite(end)), default=0.0)
    highest = max(1.0, highest) * 1.05
    medians = _medians(recovery, record)
    top, faults, rows = float(HEAD_PX), [], []
    for subject, part in worst.groupby("subject", sort=False):
        experiment, slash, injection = str(subject).partition("/")
        faults.append(
            (top, f"{titles.get(experiment, experiment)}{slash and words['colon']}{injection}")
        )
        top += FAULT_PX
        for (probe, connection), trials in part.groupby(["probe", "connection"]):
            height = _height(len(trials))
            median = medians.get((str(subject), str(probe), str(connection)))
            rows.append(
                _row(str(probe), str(connection), trials, median, top, height, highest, words)
            )
            top += height + 2
        top += GAP_PX
    ticks = [(_x(at, highest), f"{at:g}") for at in root_ticks(highest)]
    return DistributionPlot(top, faults, rows, ticks)


def _medians(
    recovery: pd.DataFrame, record: SuiteRecord
) -> dict[tuple[str, str, str], tuple[float, float]]:
    """Return the bracket of the median outage by subject, probe and connection, in seconds."""
    if recovery.empty:
        return {}
    named = recovery.assign(subject=subjects(recovery, record))
    columns = ["subject", "probe", "connection", "outage_median_lower_s", "outage_median_upper_s"]
    return {
        (str(subject), str(probe), str(connection)): (float(lower), float(upper))
        for subject, probe, connection, lower, upper in named[columns].itertuples(index=False)
    }


def _height(trials: int) -> float:
    return min(64.0, max(14.0, 4.0 + 2.5 * trials))


def _x(value_s: float, highest_s: float) -> float:
    return WIDTH_PX * root_position(value_s, highest_s)


def _row(
    probe: str,
    connection: str,
    part: pd.DataFrame,
    bracket: tuple[float, float] | None,
    top: float,
    height: float,
    highest: float,
    words: Words,
) -> Row:
    ordered = part.sort_values(["outage_upper_s", "outage_lower_s"])
    step = (height - 4) / len(ordered)
    bars = [
        _bar(trial, lower, upper, top + height - 2 - step * (place + 0.5), highest, words)
        for place, (trial, lower, upper) in enumerate(
            ordered[["trial", "outage_lower_s", "outage_upper_s"]].itertuples(index=False)
        )
    ]
    median = None
    if bracket and bracket[1] > 0 and len(part) >= MEDIAN_TRIALS:
        low, high = bracket
        median = (_x(low, highest), min(_x(high, highest), float(WIDTH_PX)))
    return Row(probe, connection, top, height, bars, median)


def _bar(trial: int, lower: float, upper: float, y_px: float, highest: float, words: Words) -> Bar:
    start = _x(lower, highest)
    if upper == 0:
        return Bar(0.0, 0.0, y_px, "none", words["bar_none"].format(trial=trial))
    if math.isinf(upper):
        tooltip = words["bar_censored"].format(trial=trial, lower_s=lower)
        return Bar(start, WIDTH_PX + 14 - start, y_px, "censored", tooltip)
    width = max(2.0, _x(upper, highest) - start)
    tooltip = words["bar_bracket"].format(trial=trial, lower_s=lower, upper_s=upper)
    return Bar(start, width, y_px, "bracket", tooltip)
