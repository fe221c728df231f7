"""Whether a trial was measured well enough to be judged, and what it is judged by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.analysis.consistency.check import ConsistencyCheck, check
from reports.analysis.losses import holes_of
from reports.analysis.series import arrays_of
from reports.analysis.series_names import series_of_worker
from reports.analysis.windows import whole
from reports.errors import ReportError
from reports.history.events import ClientsEnd, OperationsSent
from reports.locale.message import message

if TYPE_CHECKING:
    import pandas as pd

    from reports.history.schema import TrialStatus
    from reports.history.trial import TrialHistory
    from reports.locale.message import Message

# A prober whose probes start later than this was starved: its figures are its own, not the lab's.
MAX_LATE_S = 0.5
NOT_COMPLETE: dict[TrialStatus, Message] = {
    "planned": message("trial-planned"),
    "interrupted": message("trial-interrupted"),
    "failed": message("trial-failed"),
}


@dataclass(frozen=True)
class Evidence:
    """What expectations are judged by.

    `trial`: its samples are marked. `check`: of its operations, None where there are none. `doubt`:
    why nothing in it proves anything, None when it may; a window may have a doubt of its own.
    """

    trial: TrialHistory
    check: ConsistencyCheck | None
    doubt: Message | None

    @property
    def whole_doubt(self) -> Message | None:
        """Why the trial as a whole proves nothing, None when it does."""
        return self.doubt or whole(self.trial).doubt


def evidence_of(trial: TrialHistory) -> Evidence:
    """Find whether a trial may be judged, and check its operations. `trial.samples` are marked."""
    doubt = lack_of_evidence(trial)
    if trial.operations is None:
        return Evidence(trial, None, doubt)
    versions = trial.final_state.versions if trial.final_state else None
    try:
        return Evidence(trial, check(trial.operations, versions), doubt)
    except ReportError as error:
        return Evidence(trial, None, doubt or message("impossible-revisions", error=error.message))


def latest_s(samples: pd.DataFrame) -> float:
    """Return by how many seconds the latest probe started after its schedule."""
    return 0.0 if samples.empty else float((samples["started_s"] - samples["scheduled_s"]).max())


def lack_of_evidence(trial: TrialHistory) -> Message | None:
    """Return why the trial's figures may not be judged; None when they may."""
    status = trial.record.status
    if trial.doubt:
        return trial.doubt
    if status != "complete":
        return NOT_COMPLETE[status]
    if trial.begin_s is None and not trial.experiment.faults:
        return message("nothing-observed")
    return _lack_of_samples(trial) if trial.experiment.series else None


def _lack_of_samples(trial: TrialHistory) -> Message | None:
    if trial.end_s is None:
        return message("no-end-of-probing")
    if (late_s := latest_s(trial.samples)) > MAX_LATE_S:
        return message("prober-starved", late_s=late_s)
    return _gap(trial)


def _gap(trial: TrialHistory) -> Message | None:
    """Name a series of which scheduled probes were not recorded: neither good nor bad."""
    holes = holes_of(trial)
    if not holes:
        return None
    series = series_of_worker(*holes[0].series)
    if holes[0].series not in set(arrays_of(trial.samples).keys()):
        return message("series-not-recorded", series=series)
    longest_s = max(hole.to_s - hole.from_s for hole in holes if hole.series == holes[0].series)
    return message("probes-not-recorded", series=series, longest_s=longest_s)


def unrecorded(trial: TrialHistory) -> Message | None:
    """Return which operations are missing, by what the clients themselves counted; None if none is.

    A list is one operation and a line for each key, all begun at once. Watches are not counted.
    """
    counted = trial.first(OperationsSent)
    if trial.operations is None or trial.first(ClientsEnd) is None:
        return message("operations-not-recorded")
    if counted is None:
        return None
    requests = trial.operations[trial.operations["op"] != "watch"][["process", "invoke_s"]]
    recorded_of = requests.drop_duplicates()["process"].value_counts()
    for process, sent in counted.sent.items():
        recorded = int(recorded_of.get(int(process), 0))
        if recorded < sent:
            return message("operations-missing", process=process, sent=sent, recorded=recorded)
    return None
