"""The recovery table: one row a trial, probe and connection mode, the worst over all workers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from reports.analysis.outages import degraded, outages, time_of

if TYPE_CHECKING:
    from reports.history.schema import TrialRecord


def recovery_rows(
    trial: TrialRecord, samples: pd.DataFrame, events: list[dict[str, Any]]
) -> pd.DataFrame:
    """Return the rows of one trial; empty when nothing was injected. Times are seconds, and
    those that end in _at_s count from the beginning of the injection.
    """
    begin_s = time_of(events, "inject_begin")
    if begin_s is None or samples.empty:
        return pd.DataFrame()
    leaders = [e["t_s"] - begin_s for e in events if e["kind"] == "leader" and e["t_s"] > begin_s]
    found, windows = outages(samples, begin_s), degraded(samples, begin_s)
    rows = []
    for (probe, connection), part in samples.groupby(["probe", "connection"]):
        late = part[part["started_s"] >= begin_s]
        bad = late[~late["good"].astype(bool)]
        mine = found[(found["probe"] == probe) & (found["connection"] == connection)]
        window = windows[(windows["probe"] == probe) & (windows["connection"] == connection)]
        worst = mine.sort_values("lower_s").iloc[-1] if not mine.empty else None
        first_s = bad["started_s"].min() - begin_s if not bad.empty else None
        good_after = late[late["good"].astype(bool) & (late["started_s"] > bad["started_s"].min())]
        rows.append(
            {
                "experiment": trial.experiment,
                "probe": probe,
                "connection": connection,
                "outage_lower_s": 0.0 if worst is None else worst["lower_s"],
                "outage_upper_s": 0.0 if worst is None else worst["upper_s"],
                "degraded_s": (window["end_s"] - window["start_s"]).max() if len(window) else 0.0,
                "good_share": window["good_share"].min() if len(window) else 1.0,
                "availability": late["good"].mean(),
                "first_error_at_s": first_s,
                "new_leader_at_s": leaders[0] if leaders else None,
                "first_success_at_s": (
                    good_after["ended_s"].min() - begin_s if not good_after.empty else None
                ),
                "all_good_at_s": bad["started_s"].max() - begin_s if not bad.empty else 0.0,
                "bad": len(bad),
                "total": len(late),
            }
        )
    return pd.DataFrame(rows)
