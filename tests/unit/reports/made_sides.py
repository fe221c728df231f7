"""Sides of a comparison, made by hand from outages."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pandas as pd
from made_histories import run_record

from reports.compare.sides import Side

WIDTH_S = 0.2
INF = math.inf
ONE = [1.0, 1.1, 1.2, 1.3, 1.1, 1.2, 1.0, 1.3]
TWO = [2 * value for value in ONE]


def side(outages_s, experiment="kill-it", good=0.9, **changes):
    """One trial an outage: its lower end; the upper one is WIDTH_S further."""
    rows = [
        {
            "run": 0,
            "trial": number,
            "experiment": experiment,
            "probe": "write",
            "connection": connection,
            "outage_lower_s": 0.0 if lower == INF else lower,
            "outage_upper_s": INF if lower == INF else lower + WIDTH_S * (lower > 0),
            "longest_gap_s": 1.0,
            "degraded_s": 1.0,
            "all_good_after_heal_s": math.nan,
            "new_leader_s": math.nan,
            "hold_good_share": good,
            "availability": good,
        }
        for number, lower in enumerate(outages_s)
        for connection in ("new", "reused")
    ]
    return Side(Path("runs"), [run_record([], [], **changes)], pd.DataFrame(rows), [], {})


def settings_of(*experiments, **changes):
    """Return a side with one run of these experiments."""
    return replace(side(ONE), runs=[run_record([], list(experiments), **changes)])
