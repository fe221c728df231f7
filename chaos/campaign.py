"""One run: a suite, n trials each, in one run directory, on one lab."""

from __future__ import annotations

import datetime as dt
import random
import shutil
import uuid
from dataclasses import asdict
from typing import TYPE_CHECKING

from chaos.engine import Trial
from chaos.experiment.schema import settings_of
from chaos.probes.series import CLIENT_TIMEOUT_S, DEADLINE_S
from chaos.provenance import host, versions
from chaos.states import state_series
from lab.binaries import KUBERNETES_VERSION
from lab.components import plan_lab
from lab.lab import Lab
from reports.history.schema import SCHEMA_VERSION, RunRecord, SeriesRecord, TrialRecord
from reports.history.writer import RunWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from chaos.experiment.schema import ExperimentSpec, Suite
    from chaos.probes.series import Series


SUPERVISION = (
    "kube-controller-manager and kube-scheduler are restarted a second after they exit by "
    "themselves, as a kubelet does; what the fault hit comes back with the heal only"
)
HOLLOW = {
    "kubelet, kube-proxy": f"{KUBERNETES_VERSION}, hollow (kubemark): client-go is real, the "
    "container runtime and the packet rules are fakes"
}


def open_run(
    suite: Suite, series: Sequence[Series], runs_dir: Path, seed: int, command: str
) -> RunWriter:
    """Make the run directory, with its record in it. Raises OSError when it cannot be made."""
    now = dt.datetime.now(dt.UTC)
    plan = plan_lab(suite.lab)
    states = state_series(plan)
    record = RunRecord(
        schema_version=SCHEMA_VERSION,
        id=f"{now:%Y%m%dT%H%M%SZ}-{suite.name}-{uuid.uuid4().hex[:6]}",
        name=suite.name,
        command=command,
        started_at=now.isoformat(),
        seed=seed,
        status="interrupted",
        deadline_s=DEADLINE_S,
        client_timeout_s=CLIENT_TIMEOUT_S,
        lab=suite.lab.model_dump(),
        workers=[node.name for node in plan.with_role("worker")],
        series=[*(SeriesRecord.model_validate(asdict(one)) for one in series), *states],
        settings=settings_of(suite.lab),
        versions=versions(suite.lab.runtime, plan.balancer_programs)
        | (HOLLOW if plan.kubelet_nodes else {}),
        host=host(),
        runtime=suite.lab.runtime,
        trials=[],
    )
    writer = RunWriter(runs_dir / record.id, record)
    writer.save()
    return writer


def _trial_record(
    index: int, experiment: ExperimentSpec, settings: dict[str, float]
) -> TrialRecord:
    fault = experiment.fault
    return TrialRecord(
        index=index,
        experiment=experiment.id,
        title=experiment.title,
        hypothesis=experiment.hypothesis,
        fault=fault.kind + (f" from {fault.others}" if fault.others else ""),
        target=fault.target,
        hit="",
        hold_s=experiment.hold_s,
        supervision=SUPERVISION,
        expect=[expectation.resolved(settings) for expectation in experiment.expect],
        status="interrupted",
        unknown_reason=None,
        operations_hz=experiment.operations.rate_hz if experiment.operations else None,
    )


def keep_logs(lab: Lab, run: Path) -> None:
    """Append every component's log to logs/NODE/COMPONENT.log of the run directory."""
    for component in lab.plan.components:
        log = lab.log(component.node, component.name)
        target = run / "logs" / component.node / log.name
        if log.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            with log.open("rb") as source, target.open("ab") as copy:
                shutil.copyfileobj(source, copy)


class SuiteRun:
    """The execution of a suite. The lab dies with this process.

    A lab that did not return to steady state is rebuilt before the next trial.
    """

    def __init__(
        self, suite: Suite, writer: RunWriter, series: Sequence[Series], say: Callable[[str], None]
    ) -> None:
        self._suite = suite
        self._writer = writer
        self._series = series
        self._say = say
        self._lab: Lab | None = None

    def run(self, trials: int) -> None:
        """Run every experiment `trials` times. Raises LabError; what was measured is on disk."""
        record = self._writer.record
        total = trials * len(self._suite.experiments)
        try:
            for experiment in self._suite.experiments:
                for number in range(trials):
                    self._say(f"trial {len(record.trials) + 1} of {total}: {experiment.title}")
                    # of its own, so that a trial chooses the same whichever others are run
                    chance = random.Random(f"{record.seed}/{experiment.id}/{number}")
                    self._trial(experiment, chance)
            record.status = "complete"
        except Exception:
            record.status = "failed"
            raise
        finally:
            self._writer.save()
            self._end_lab()

    def _trial(self, experiment: ExperimentSpec, chance: random.Random) -> None:
        record = self._writer.record
        lab = self._steady_lab()
        entry = _trial_record(len(record.trials), experiment, record.settings)
        record.trials.append(entry)
        self._writer.save()
        history = self._writer.trial(entry.index)
        trial = Trial(lab, experiment, self._series, chance, history)
        try:
            trial.run()
        finally:
            history.close()
        entry.status = "complete"
        entry.unknown_reason = trial.unknown_reason
        entry.hit = trial.targets
        self._writer.save()
        if trial.unknown_reason:
            self._say(f"this trial is unknown: {trial.unknown_reason}; the lab is rebuilt")
            self._end_lab()

    def _steady_lab(self) -> Lab:
        if self._lab is None:
            name = f"run-{self._writer.record.id[-6:]}"
            spec = self._suite.lab.model_copy(update={"name": name})
            self._lab = Lab.up(spec, owned=True, say=self._say)
        return self._lab

    def _end_lab(self) -> None:
        lab, self._lab = self._lab, None
        if lab is not None:
            try:
                keep_logs(lab, self._writer.directory)
            except OSError as error:
                self._say(f"the logs could not be kept: {error}")
            finally:
                lab.down()
