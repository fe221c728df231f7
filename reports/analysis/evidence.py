"""Whether a trial was measured well enough to say anything at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reports.analysis.series import arrays

if TYPE_CHECKING:
    import pandas as pd

    from reports.analysis.series import Seconds, SeriesArrays
    from reports.history.reader import TrialHistory
    from reports.history.schema import RunRecord

# A prober whose probes start later than this was starved: its figures are its own, not the lab's.
MAX_LATE_S = 0.5
NEEDED = ("inject_begin", "effect_confirmed", "heal_begin", "heal_confirmed", "probing_end")


def latest_s(samples: pd.DataFrame) -> float:
    """Return by how many seconds the latest probe started after its schedule."""
    return 0.0 if samples.empty else float((samples["started_s"] - samples["scheduled_s"]).max())


def lack_of_evidence(run: RunRecord, trial: TrialHistory) -> str:
    """Return "" when the trial's figures may be judged, else why not."""
    record = trial.record
    if record.unknown_reason:
        return record.unknown_reason
    if record.status != "complete":
        return f"the trial is {record.status}"
    needed = ("observe_begin", "probing_end") if trial.observed else NEEDED
    if missing := [kind for kind in needed if trial.time_of(kind) is None]:
        return f"no event {', '.join(missing)}"
    if (late_s := latest_s(trial.samples)) > MAX_LATE_S:
        return f"the prober was starved: a probe started {late_s:.2f} s late"
    return _gap(run, trial)


def _gap(run: RunRecord, trial: TrialHistory) -> str:
    """Name a series of which scheduled probes were not recorded: neither good nor bad."""
    end_s = trial.time_of("probing_end") or 0.0
    of = arrays(trial.samples)
    known = dict(zip(of.keys(), _unrecorded_s(of, end_s).tolist(), strict=True))
    for one in run.series:
        # the grid of a series begins up to a period into the trial, and ends up to one before
        allowed_s = 1.5 / one.rate_hz
        for worker in run.workers if one.workers is None else one.workers:
            key = (one.probe, worker, one.connection)
            name = f"{one.probe} on {one.connection} connections from {worker}"
            if key not in known:
                return f"nothing was recorded of {name}"
            if known[key] > allowed_s:
                return f"scheduled probes of {name} were not recorded for {known[key]:.2f} s"
    return ""


def _unrecorded_s(of: SeriesArrays, end_s: float) -> Seconds:
    """Return by series the longest time without a scheduled probe, to the end of the trial."""
    scheduled_s, last = of.scheduled_s, of.end - 1
    step_s = np.diff(scheduled_s, prepend=0.0)
    step_s[of.begin] = scheduled_s[of.begin]
    if np.any(step_s < 0):  # one that was late was overtaken by the next
        number = np.repeat(np.arange(len(of.begin)), of.end - of.begin)
        scheduled_s = scheduled_s[np.lexsort((scheduled_s, number))]
        step_s = np.diff(scheduled_s, prepend=0.0)
        step_s[of.begin] = scheduled_s[of.begin]
    return np.maximum(of.most(step_s), end_s - scheduled_s[last])
