"""What was delivered to the watches of a trial, and in which order.

Outages of a watch are those of its series: heartbeats that were not delivered in time. Here is
what a series cannot say: how often it was opened again, and whether the order was kept.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.history.reader import TrialHistory

WATCH = "watch"
FAULTS = ("lost", "duplicate", "disorder")
WATCH_COLUMNS = ("trial", "experiment", "worker", "heartbeats", "delivered", "reopened", *FAULTS)


def watch_table(trials: Sequence[TrialHistory]) -> pd.DataFrame:
    """Return one row (WATCH_COLUMNS) a trial and worker that had a watch.

    `delivered`: heartbeats that arrived, late ones too. lost: acknowledged writes that a later
    event passed over. duplicate, disorder: events whose version had come, or was passed.
    """
    rows = []
    for trial in trials:
        samples = trial.samples[trial.samples["probe"] == WATCH]
        for worker, part in samples.groupby("worker"):
            told = [one for one in trial.events if one.get("worker") == worker]
            kinds = Counter(one["kind"] for one in told)
            faults = Counter(one["fault"] for one in told if one["kind"] == "watch_fault")
            rows.append(
                {
                    "trial": trial.record.index,
                    "experiment": trial.record.experiment,
                    "worker": worker,
                    "heartbeats": len(part),
                    "delivered": int((part["outcome"] == "ok").sum()),
                    "reopened": kinds["watch_open"],
                    **{fault: faults[fault] for fault in FAULTS},
                }
            )
    return pd.DataFrame(rows, columns=list(WATCH_COLUMNS))
