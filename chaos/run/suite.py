"""A run of a suite: every experiment, n trials each, in one run directory."""

from __future__ import annotations

import random
import shutil
from types import MappingProxyType
from typing import TYPE_CHECKING

from chaos.consent import check_consent
from chaos.faults.registry import check_faults_capable
from chaos.probes.series import CLIENT_TIMEOUT_S, DEADLINE_S
from chaos.provenance import versions
from chaos.run.assembly import trial_on
from chaos.steps.actions.registry import action_kinds
from lab.afterwards import afterwards
from lab.binaries.versions import KUBERNETES_VERSION
from lab.components.lab_plan import plan_lab
from lab.errors import LabError
from lab.lab import Lab
from lab.runtime.drivers import check_capable
from reports.history.schema import SuiteRecord, TrialRecord
from reports.history.writer import RunWriter
from reports.locale.catalogue import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from chaos.experiment.plan import PlannedExperiment
    from chaos.provenance import RunOrder
    from lab.progress import Progress
    from lab.spec import LabSpec

HOLLOW = {"kubelet, kube-proxy (kubemark)": KUBERNETES_VERSION}


def check_capabilities(planned: Sequence[PlannedExperiment], runtime: str) -> None:
    """Refuse what the experiments ask for and the runtime cannot do, or may not.

    Raises NotCapableError, and InputError where the owner of a cluster has not consented.
    """
    for experiment in planned:
        check_capable(experiment.lab)
        if experiment.record.steps:
            check_consent(experiment.lab)
        kinds = [step.fault for step in experiment.record.steps if step.fault]
        check_faults_capable(kinds, runtime)


def open_suite(
    name: str,
    planned: Sequence[PlannedExperiment],
    order: RunOrder,
    least_trials: Mapping[str, int] = MappingProxyType({}),
) -> RunWriter[SuiteRecord]:
    """Make the run directory; its record has every planned trial.

    `least_trials`: experiment -> how many trials it has at least; each has what `order` asks for.

    Raises NotCapableError, before anything is made, when the runtime cannot do what is asked for;
    OSError when the directory cannot be made.
    """
    check_capabilities(planned, order.runtime)
    plans = [plan_lab(experiment.lab) for experiment in planned]
    programs = dict.fromkeys(name for plan in plans for name in plan.balancer_programs)
    hollow = HOLLOW if any(plan.kubelet_nodes for plan in plans) else {}
    ids = [experiment.record.id for experiment in planned]
    turns = [
        (experiment, number)
        for experiment in ids
        for number in range(max(order.trials, least_trials.get(experiment, 1)))
    ]
    record = SuiteRecord(
        **order.header(name, versions(order.runtime, programs) | hollow),
        deadline_s=DEADLINE_S,
        client_timeout_s=CLIENT_TIMEOUT_S,
        experiments=[experiment.record for experiment in planned],
        trials=[
            TrialRecord(index=index, experiment=experiment, number=number)
            for index, (experiment, number) in enumerate(turns)
        ],
    )
    writer = RunWriter(order.runs_dir / record.id, record)
    writer.save()
    return writer


def keep_logs(lab: Lab, run: Path) -> None:
    """Append every component's log to logs/NODE/COMPONENT.log of the run directory.

    A node that was found and is gone has none to give.
    """
    for component in lab.plan.components:
        try:
            log = lab.log(component.node, component.name)
        except LabError:
            continue
        target = run / "logs" / component.node / log.name
        if log.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            with log.open("rb") as source, target.open("ab") as copy:
                shutil.copyfileobj(source, copy)


class SuiteRun:
    """The execution of a suite. Its labs die with this process, and there is one at a time.

    A lab is kept for the next trial with the same LabSpec, unless it did not return to its steady
    state, or was changed for good.
    """

    def __init__(
        self,
        planned: Sequence[PlannedExperiment],
        writer: RunWriter[SuiteRecord],
        progress: Progress,
    ) -> None:
        self._planned = {experiment.record.id: experiment for experiment in planned}
        self._writer = writer
        self._progress = progress
        self._lab: Lab | None = None
        self._spec: LabSpec | None = None

    def run(self) -> None:
        """Run every trial. Raises LabError; what was measured is on disk.

        Whatever ends it, the lab is taken down. Raises CleanupError where something of it is left.
        """
        record = self._writer.record
        specs = [experiment.lab for experiment in self._planned.values()]
        # trials on the same lab in a row, so that each lab is made once
        order = sorted(
            record.trials, key=lambda trial: specs.index(self._planned[trial.experiment].lab)
        )
        with afterwards(self._writer.save, self._end_lab):
            try:
                for turn, trial in enumerate(order, 1):
                    title = self._planned[trial.experiment].record.title.in_language("en")
                    self._progress(f"trial {turn} of {len(order)}: {title}")
                    self._trial(trial)
                record.status = "complete"
            except Exception:
                record.status = "failed"
                raise

    def _trial(self, trial: TrialRecord) -> None:
        planned = self._planned[trial.experiment]
        lab = self._lab_of(planned.lab)
        # of its own, so that the choices of a trial do not depend on which others are run
        chance = random.Random(f"{self._writer.record.seed}/{trial.experiment}/{trial.number}")
        trial.status = "interrupted"
        self._writer.save()
        history = self._writer.trial(trial.index)
        with afterwards(history.close):
            try:
                trial.doubt = trial_on(lab, planned.record, chance, history).run()
            except Exception:
                trial.status = "failed"
                raise
        trial.status = "complete"
        self._writer.save()
        if trial.doubt:
            reason = text_of(trial.doubt.reason, "en")
            self._progress(f"this trial is unknown: {reason}; the lab is rebuilt")
        changing = (step.action for step in planned.record.steps if step.action)
        if trial.doubt or any(action_kinds()[action].changes_cluster for action in changing):
            self._end_lab()

    def _lab_of(self, spec: LabSpec) -> Lab:
        if self._lab is None or spec != self._spec:
            self._end_lab()
            name = f"run-{self._writer.record.id[-6:]}"
            self._lab = Lab.up(
                spec.model_copy(update={"name": name}), owned=True, progress=self._progress
            )
            self._spec = spec
        return self._lab

    def _end_lab(self) -> None:
        lab, self._lab = self._lab, None
        if lab is not None:
            with afterwards(lab.down):
                self._keep_logs(lab)

    def _keep_logs(self, lab: Lab) -> None:
        try:
            keep_logs(lab, self._writer.directory)
        except OSError as error:
            self._progress(f"the logs could not be kept: {error}")
