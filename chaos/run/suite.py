"""One run of a suite: every experiment, n trials each, in one run directory."""

from __future__ import annotations

import contextlib
import random
import shutil
from typing import TYPE_CHECKING

from chaos.faults import registry as faults
from chaos.probes.series import CLIENT_TIMEOUT_S, DEADLINE_S
from chaos.provenance import versions
from chaos.run.assembly import trial_on
from chaos.steps.actions.registry import actions
from lab.binaries import KUBERNETES_VERSION
from lab.components import plan_lab
from lab.lab import Lab
from lab.runtime.drivers import check_capable
from reports.history.schema import SuiteRecord, TrialRecord
from reports.history.writer import RunWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from chaos.experiment.plan import PlannedExperiment
    from chaos.provenance import RunOrder
    from lab.spec import LabSpec

HOLLOW = {
    "kubelet, kube-proxy": f"{KUBERNETES_VERSION}, hollow (kubemark): client-go is real, the "
    "container runtime and the packet rules are fakes"
}


def open_suite(
    name: str, planned: Sequence[PlannedExperiment], order: RunOrder
) -> RunWriter[SuiteRecord]:
    """Make the run directory; its record has every trial that is to come.

    Raises NotCapableError, before anything is made, when the runtime cannot do what is asked for;
    OSError when the directory cannot be made.
    """
    plans = [plan_lab(one.lab) for one in planned]
    for one in planned:
        check_capable(one.lab)
        faults.check_capable([step.fault for step in one.record.steps if step.fault], order.runtime)
    programs = dict.fromkeys(name for plan in plans for name in plan.balancer_programs)
    hollow = HOLLOW if any(plan.kubelet_nodes for plan in plans) else {}
    turns = [(one.record.id, number) for one in planned for number in range(order.trials)]
    record = SuiteRecord(
        **order.header(name, versions(order.runtime, programs) | hollow),
        deadline_s=DEADLINE_S,
        client_timeout_s=CLIENT_TIMEOUT_S,
        experiments=[one.record for one in planned],
        trials=[
            TrialRecord(index=index, experiment=experiment, number=number)
            for index, (experiment, number) in enumerate(turns)
        ],
    )
    writer = RunWriter(order.runs_dir / record.id, record)
    writer.save()
    return writer


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
    """The execution of a suite. Its labs die with this process, and there is one at a time.

    A lab is kept for the next trial on one that was asked for in the same way, unless it did not
    return to its steady state, or was changed for good.
    """

    def __init__(
        self,
        planned: Sequence[PlannedExperiment],
        writer: RunWriter[SuiteRecord],
        say: Callable[[str], None],
    ) -> None:
        self._planned = {one.record.id: one for one in planned}
        self._writer = writer
        self._say = say
        self._lab: Lab | None = None
        self._spec: LabSpec | None = None

    def run(self) -> None:
        """Run every trial. Raises LabError; what was measured is on disk.

        Whatever ends it, the lab is taken down, and only that can hide how it ended.
        """
        record = self._writer.record
        specs = [one.lab for one in self._planned.values()]
        # those on one lab in a row, so that each is made once
        order = sorted(
            record.trials, key=lambda one: specs.index(self._planned[one.experiment].lab)
        )
        try:
            with self._afterwards(self._writer.save):
                try:
                    for turn, trial in enumerate(order, 1):
                        title = self._planned[trial.experiment].record.title.en
                        self._say(f"trial {turn} of {len(order)}: {title}")
                        self._trial(trial)
                    record.status = "complete"
                except Exception:
                    record.status = "failed"
                    raise
        finally:
            self._end_lab()

    def _trial(self, trial: TrialRecord) -> None:
        planned = self._planned[trial.experiment]
        lab = self._lab_of(planned.lab)
        # of its own, so that a trial chooses the same whichever others are run
        chance = random.Random(f"{self._writer.record.seed}/{trial.experiment}/{trial.number}")
        trial.status = "interrupted"
        self._writer.save()
        history = self._writer.trial(trial.index)
        with self._afterwards(history.close):
            try:
                trial.doubt = trial_on(lab, planned.record, chance, history).run()
            except Exception:
                trial.status = "failed"
                raise
        trial.status = "complete"
        self._writer.save()
        if trial.doubt:
            self._say(f"this trial is unknown: {trial.doubt.reason}; the lab is rebuilt")
        changing = (step.action for step in planned.record.steps if step.action)
        if trial.doubt or any(actions()[action].changes_cluster for action in changing):
            self._end_lab()

    @contextlib.contextmanager
    def _afterwards(self, end: Callable[[], None]) -> Iterator[None]:
        """Do `end` after the block; what fails there replaces nothing that ended the block."""
        try:
            yield
        except BaseException:
            try:
                end()
            except Exception as error:  # noqa: BLE001 (it must replace nothing)
                self._say(f"not everything could be written: {error}")
            raise
        end()

    def _lab_of(self, spec: LabSpec) -> Lab:
        if self._lab is None or spec != self._spec:
            self._end_lab()
            name = f"run-{self._writer.record.id[-6:]}"
            self._lab = Lab.up(spec.model_copy(update={"name": name}), owned=True, say=self._say)
            self._spec = spec
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
