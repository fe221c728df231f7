"""What the reports say of watches."""

from __future__ import annotations

import pandas as pd
from made_histories import trial_record

from reports.analysis.watches import watch_table
from reports.history.reader import TrialHistory


def test_the_table_counts_what_happened_to_each_watch():
    record = trial_record()
    samples = pd.DataFrame(
        {"probe": ["watch"] * 3 + ["read"], "worker": "w", "outcome": ["ok", "fail", "ok", "ok"]}
    )
    events = [
        {"t_s": 1.0, "kind": "watch_open", "worker": "w"},
        {"t_s": 2.0, "kind": "watch_fault", "worker": "w", "fault": "lost"},
        {"t_s": 3.0, "kind": "watch_open", "worker": "other"},
    ]
    (row,) = watch_table([TrialHistory(record, samples, events)]).to_dict("records")
    assert (row["heartbeats"], row["delivered"], row["reopened"]) == (3, 2, 1)
    assert (row["lost"], row["duplicate"], row["disorder"]) == (1, 0, 0)
