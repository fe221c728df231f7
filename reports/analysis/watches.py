"""What was delivered to the watches of a trial, and in which order.

Outages of a watch are those of its series: heartbeats that were not delivered in time. Here is
what a series cannot say: how often it was opened again, and whether the order was kept.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pandas as pd

from reports.history.events import WatchFault, WatchOpen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.history.trial import TrialHistory

WATCH = "watch"
WATCH_FAULTS = ("lost", "duplicate", "disorder")
WATCH_COLUMNS = (
    "trial",
    "experiment",
    "worker",
    "heartbeats",
    "delivered",
    "reopened",
    *WATCH_FAULTS,
)


def watch_table(trials: Sequence[TrialHistory]) -> pd.DataFrame:
    """Return one row (WATCH_COLUMNS) a trial and worker that had a watch.

    `delivered`: heartbeats that arrived, late ones too. lost: acknowledged writes that a later
    event passed over. duplicate, disorder: events whose version had come, or was passed.
    """
    rows = []
    for trial in trials:
        samples = trial.samples[trial.samples["probe"] == WATCH]
        for worker, part in samples.groupby("worker", observed=True):
            opened = [event for event in trial.all_of(WatchOpen) if event.worker == worker]
            wrong = [event for event in trial.all_of(WatchFault) if event.worker == worker]
            faults = Counter(event.fault for event in wrong)
            rows.append(
                {
                    "trial": trial.record.index,
                    "experiment": trial.experiment.id,
                    "worker": worker,
                    "heartbeats": len(part),
                    "delivered": int((part["outcome"] == "ok").sum()),
                    "reopened": len(opened),
                    **{fault: faults[fault] for fault in WATCH_FAULTS},
                }
            )
    return pd.DataFrame(rows, columns=list(WATCH_COLUMNS))
