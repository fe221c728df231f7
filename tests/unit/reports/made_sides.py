"""Sides of a comparison, made by hand from outages."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from made_histories import experiment_record, run_record, series, trial_record

from reports.compare.sides import Side
from reports.compare.trial_values import TrialValues

WIDTH_S = 0.2
INF = math.inf
ONE = [1.0, 1.1, 1.2, 1.3, 1.1, 1.2, 1.0, 1.3]
TWO = [2 * value for value in ONE]
WRITES = [series("write", connection) for connection in ("new", "reused")]


def side(outages_s, experiment="kill-it", good=0.9, unmeasured=0, **changes):
    """One trial an outage: its lower end; the upper one is WIDTH_S further.

    `experiment`: the subject. `unmeasured`: further trials, of which there are no rows.
    """
    rows = [
        {
            "run": 0,
            "trial": number,
            "subject": experiment,
            "probe": "write",
            "connection": connection,
            "worker": "worker-1",
            "outage_lower_s": 0.0 if lower == INF else lower,
            "outage_upper_s": INF if lower == INF else lower + WIDTH_S * (lower > 0),
            "longest_gap_lower_s": 1.0,
            "longest_gap_upper_s": 1.0,
            "degraded_lower_s": 1.0,
            "degraded_upper_s": 1.0,
            "all_good_after_heal_lower_s": math.nan,
            "all_good_after_heal_upper_s": math.nan,
            "new_leader_s": math.nan,
            "good_share_during": good,
            "availability": good,
        }
        for number, lower in enumerate(outages_s)
        for connection in ("new", "reused")
    ]
    name, count = experiment.partition("/")[0], len(outages_s) + unmeasured
    trials = [trial_record(index=index, number=index, experiment=name) for index in range(count)]
    plan = experiment_record(id=name, series=WRITES)
    return Side(
        directory=Path("runs"),
        runs=[run_record(trials, [plan], **changes)],
        rows=pd.DataFrame(rows),
        planned={experiment: frozenset((0, index) for index in range(count))},
        not_recovered=frozenset(),
        scarce=0,
        unplanned=0,
        left_out=[],
        verdicts={},
    )


def settings_of(*experiments, **changes):
    """Return a side with one run of these experiments."""
    planned = {experiment.id: frozenset() for experiment in experiments}
    return replace(side(ONE), runs=[run_record([], list(experiments), **changes)], planned=planned)


def both(*sides):
    """Return a side with the subjects of two, or of more."""
    experiments = {it.id: it for made in sides for it in made.runs[0].experiments}
    update = {"experiments": list(experiments.values())}
    return replace(
        sides[0],
        runs=[sides[0].runs[0].model_copy(update=update)],
        rows=pd.concat([made.rows for made in sides]),
        planned={subject: trials for made in sides for subject, trials in made.planned.items()},
    )


def values(lower, width=0.0, **more):
    """Return values of trials: each bracket begins at a number and is so wide; INF has no end."""
    ends = np.array(lower, float)
    return TrialValues(np.where(np.isinf(ends), 0.0, ends), ends + width, **more)
