"""Whether a trial was measured well enough to say anything at all, and what it is judged by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.analysis.consistency import ConsistencyCheck, check
from reports.analysis.losses import holes_of
from reports.analysis.series import arrays
from reports.analysis.windows import whole
from reports.errors import ReportError
from reports.history.events import ClientsEnd, OperationsSent

if TYPE_CHECKING:
    import pandas as pd

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
    check: ConsistencyCheck | None
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
    return _gap(trial)


def _gap(trial: TrialHistory) -> str:
    """Name a series of which scheduled probes were not recorded: neither good nor bad."""
    holes = holes_of(trial)
    if not holes:
        return ""
    mine = [hole for hole in holes if hole.series == holes[0].series]
    probe, worker, connection = holes[0].series
    name = f"{probe} on {connection} connections from {worker}"
    recorded = arrays(trial.samples).keys()
    if holes[0].series not in recorded:
        return f"nothing was recorded of {name}"
    longest_s = max(hole.to_s - hole.from_s for hole in mine)
    return f"scheduled probes of {name} were not recorded for {longest_s:.2f} s"


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
