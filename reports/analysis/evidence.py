"""Whether a trial was measured well enough to be judged, and what it is judged by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reports.analysis.completeness import OF_TRIAL, first_missing, missing_of
from reports.analysis.consistency.check import ConsistencyCheck, check
from reports.analysis.recorded_operations import whole_watches
from reports.analysis.windows import whole
from reports.errors import ReportError
from reports.locale.message import joined, message

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from reports.analysis.completeness import Missing, What
    from reports.analysis.windows import Window
    from reports.history.schema import TrialStatus
    from reports.history.trial import TrialHistory
    from reports.locale.message import Message

# without these nobody knows what was done
OF_COURSE: tuple[What, ...] = ("step", "events", "end")
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

    `trial`: its samples are marked. `check`: of its operations, None where there are none.
    `not_measured`: why nothing in it proves anything, None when it may. `not_recovered`: why its
    end proves nothing, None when it may: what was measured until then is true. `missing`: what its
    record must have and has not (completeness).
    """

    trial: TrialHistory
    check: ConsistencyCheck | None
    not_measured: Message | None
    not_recovered: Message | None = None
    missing: Sequence[Missing] = ()

    @property
    def doubt(self) -> Message | None:
        """Why it does not prove all that it was to, None when it does."""
        return self.not_measured or self.not_recovered

    @property
    def is_incomplete(self) -> bool:
        """Whether its record is: nobody can say what the rest would show."""
        lack = first_missing(self.missing, *OF_COURSE)
        return bool(self.trial.damage or lack) or self.trial.record.status != "complete"

    def lack_of(self, window: Window) -> Message | None:
        """Return why nothing in a window proves anything, None when it may."""
        return self.not_measured or window.not_measured

    def doubt_of(self, window: Window) -> Message | None:
        """Return why a window does not prove what it was to, None when it does."""
        doubt = self.lack_of(window)
        if doubt or window.name == "during":
            return doubt
        return self.not_recovered or window.not_recovered


def evidence_of(trial: TrialHistory) -> Evidence:
    """Find whether a trial may be judged, and check its operations. `trial.samples` are marked."""
    missing = missing_of(trial)
    lack = lack_of_evidence(trial, missing)
    evidence = Evidence(trial, None, lack, _lack_of_recovery(trial), missing)
    if trial.operations is None:
        return evidence
    versions = trial.final_state.versions if trial.final_state else None
    try:
        found = check(
            trial.operations,
            versions,
            all_recorded=not first_missing(missing, "operations"),
            whole_watches=whole_watches(trial),
        )
        return replace(evidence, check=found)
    except ReportError as error:
        impossible = message("impossible-revisions", error=error.message)
        return replace(evidence, not_measured=evidence.not_measured or impossible)


def counted(trials: Sequence[Evidence]) -> list[Evidence]:
    """Return the trials that figures are made of: those that were measured."""
    return [evidence for evidence in trials if not evidence.lack_of(whole(evidence.trial))]


def lack_of_trials(trials: Sequence[Evidence]) -> Message | None:
    """Return why trials have no figures; None when they have.

    What was not measured is left out, as long as something was; a record that is incomplete may
    have held the worst.
    """
    incomplete = next(
        (evidence.not_measured for evidence in trials if evidence.is_incomplete), None
    )
    if incomplete or counted(trials):
        return incomplete
    lacks = (evidence.lack_of(whole(evidence.trial)) for evidence in trials)
    return next(lacks, message("no-trial"))


def _lack_of_recovery(trial: TrialHistory) -> Message | None:
    """Return why a trial did not recover, by its own record."""
    doubt = trial.record.doubt
    return doubt.reason if doubt and doubt.kind == "not-recovered" else None


def latest_s(samples: pd.DataFrame) -> float:
    """Return by how many seconds the latest probe started after its schedule."""
    return 0.0 if samples.empty else float((samples["started_s"] - samples["scheduled_s"]).max())


def lack_of_evidence(trial: TrialHistory, missing: Sequence[Missing]) -> Message | None:
    """Return why the trial's figures may not be judged; None when they may."""
    status, doubt = trial.record.status, trial.record.doubt
    if doubt and doubt.kind == "not-measured":
        return doubt.reason
    if trial.damage:
        return joined(*trial.damage)
    if status != "complete":
        return NOT_COMPLETE[status]
    if trial.begin_s is None and not trial.experiment.faults:
        return message("nothing-observed")
    if reason := first_missing(missing, *OF_TRIAL):
        return reason
    late_s = latest_s(trial.samples) if trial.experiment.series else 0.0
    return message("prober-starved", late_s=late_s) if late_s > MAX_LATE_S else None
