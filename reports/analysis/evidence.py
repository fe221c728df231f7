"""Whether a trial was measured well enough to say anything at all, and what it is judged by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.analysis.consistency import Check, check
from reports.analysis.series import arrays
from reports.analysis.windows import whole
from reports.errors import ReportError
from reports.history.events import ClientsEnd, OperationsSent

if TYPE_CHECKING:
    import pandas as pd

    from reports.analysis.series import Seconds, SeriesArrays
    from reports.history.trial import TrialHistory

# A prober whose probes start later than this was starved: its figures are its own, not the lab's.
MAX_LATE_S = 0.5


@dataclass(frozen=True)
class Evidence:
    """What expectations are judged by.

    `trial`: its samples are marked. `check`: of its operations, None where there are none. `doubt`:
    why nothing in it proves anything, "" when it may; a window may have a doubt of its own.
    """

    trial: TrialHistory
    check: Check | None
    doubt: str

    @property
    def whole_doubt(self) -> str:
        """Why the trial as a whole proves nothing."""
        return self.doubt or whole(self.trial).doubt


def evidence_of(trial: TrialHistory) -> Evidence:
    """Look whether a trial may be judged, and check its operations. `trial.samples` are marked."""
    doubt = lack_of_evidence(trial)
    if trial.operations is None:
        return Evidence(trial, None, doubt)
    versions = trial.final.versions if trial.final else None
    try:
        return Evidence(trial, check(trial.operations, versions), doubt)
    except ReportError as error:
        return Evidence(trial, None, doubt or str(error))


def latest_s(samples: pd.DataFrame) -> float:
    """Return by how many seconds the latest probe started after its schedule."""
    return 0.0 if samples.empty else float((samples["started_s"] - samples["scheduled_s"]).max())


def lack_of_evidence(trial: TrialHistory) -> str:
    """Return "" when the trial's figures may be judged, else why not."""
    status, missing = trial.record.status, ""
    if status != "complete":
        missing = f"the trial is {status}"
    elif trial.begin_s is None and not trial.experiment.faults:
        missing = "nothing was observed"
    elif trial.experiment.series:
        missing = _lack_of_samples(trial)
    return trial.doubt or missing


def _lack_of_samples(trial: TrialHistory) -> str:
    if trial.end_s is None:
        return "the end of the probing was not recorded"
    if (late_s := latest_s(trial.samples)) > MAX_LATE_S:
        return f"the prober was starved: a probe started {late_s:.2f} s late"
    return _gap(trial, trial.end_s)


def _gap(trial: TrialHistory, end_s: float) -> str:
    """Name a series of which scheduled probes were not recorded: neither good nor bad."""
    of = arrays(trial.samples)
    known = dict(zip(of.keys(), _unrecorded_s(of, end_s).tolist(), strict=True))
    for series in trial.experiment.series:
        # the grid of a series begins up to a period into the trial, and ends up to one before
        allowed_s = 1.5 / series.rate_hz
        for worker in series.workers:
            key = (series.probe, worker, series.connection)
            name = f"{series.probe} on {series.connection} connections from {worker}"
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


def unrecorded(trial: TrialHistory) -> str:
    """Say whether operations are missing, by what the clients themselves counted; "" if none is.

    A list is one operation and a line for each key, all begun at once. Watches are not counted.
    """
    counted = trial.first(OperationsSent)
    if trial.operations is None or trial.first(ClientsEnd) is None:
        return "not every operation was recorded"
    if counted is None:
        return ""
    asked = trial.operations[trial.operations["op"] != "watch"][["process", "invoke_s"]]
    there = asked.drop_duplicates()["process"].value_counts()
    for process, sent in counted.sent.items():
        recorded = int(there.get(int(process), 0))
        if recorded < sent:
            return f"process {process} sent {sent} operations, and {recorded} are recorded"
    return ""
