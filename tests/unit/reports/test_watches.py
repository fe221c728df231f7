"""What the reports say of watches."""

from __future__ import annotations

import pandas as pd
from made_histories import experiment_record, trial_record

from reports.analysis.watches import watch_table
from reports.history.events import WatchFault, WatchOpen
from reports.history.trial import TrialHistory


def test_the_table_counts_what_happened_to_each_watch():
    record = trial_record()
    samples = pd.DataFrame(
        {"probe": ["watch"] * 3 + ["read"], "worker": "w", "outcome": ["ok", "fail", "ok", "ok"]}
    )
    events = [
        WatchOpen(1.0, "w", "master-1", 5),
        WatchFault(2.0, "w", "lost", 6),
        WatchOpen(3.0, "other", "master-1", 5),
    ]
    trial = TrialHistory(record, experiment_record(), samples, events)
    (row,) = watch_table([trial]).to_dict("records")
    assert (row["heartbeats"], row["delivered"], row["reopened"]) == (3, 2, 1)
    assert (row["lost"], row["duplicate"], row["disorder"]) == (1, 0, 0)
