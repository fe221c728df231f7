"""One run: a suite, n trials each, in one run directory, on one lab."""

from __future__ import annotations

import datetime as dt
import os
import platform
import random
import uuid
from typing import TYPE_CHECKING

from chaos.engine import run_trial
from chaos.experiment.schema import settings_of
from chaos.probes.series import CLIENT_TIMEOUT_S, DEADLINE_S
from lab.binaries import ETCD_VERSION, KUBERNETES_VERSION
from lab.lab import Lab
from reports.history.schema import SCHEMA_VERSION, RunRecord, TrialRecord
from reports.history.writer import RunWriter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chaos.experiment.schema import ExperimentSpec, Suite
    from lab.spec import LabSpec


def new_record(suite: Suite, seed: int) -> RunRecord:
    """Return the record of a run that is about to start."""
    now = dt.datetime.now(dt.UTC)
    return RunRecord(
        schema_version=SCHEMA_VERSION,
        id=f"{now:%Y%m%dT%H%M%SZ}-{suite.name}-{uuid.uuid4().hex[:6]}",
        name=suite.name,
        started_at=now.isoformat(),
        seed=seed,
        status="interrupted",
        deadline_s=DEADLINE_S,
        client_timeout_s=CLIENT_TIMEOUT_S,
        lab=suite.lab.model_dump(),
        settings=settings_of(suite.lab),
        versions={
            "kubernetes": KUBERNETES_VERSION,
            "etcd": ETCD_VERSION,
            "python": platform.python_version(),
        },
        host={"kernel": platform.release(), "cores": str(os.cpu_count())},
        runtime="netns",
        trials=[],
    )


def _trial_record(index: int, experiment: ExperimentSpec, settings: dict[str, float]) -> TrialRecord:
    fault = experiment.fault
    return TrialRecord(
        index=index,
        experiment=experiment.id,
        title=experiment.title,
        hypothesis=experiment.hypothesis,
        fault=fault.kind + (f" from {fault.others}" if fault.others else ""),
        target=fault.target,
        supervision="nothing restarts a process but the heal",
        expect=[expectation.resolved(settings) for expectation in experiment.expect],
        status="interrupted",
        unknown_reason=None,
    )


def run_suite(
    suite: Suite, runs_dir: Path, *, trials: int, seed: int, say: Callable[[str], None]
) -> Path:
    """Run a suite and return its run directory. The lab dies with this process.

    A lab that did not return to steady state is rebuilt before the next trial.
    """
    record = new_record(suite, seed)
    directory = runs_dir / record.id
    writer = RunWriter(directory, record)
    writer.save()
    chance = random.Random(seed)
    spec: LabSpec = suite.lab.model_copy(update={"name": f"run-{record.id[-6:]}"})
    lab: Lab | None = None
    try:
        for experiment in suite.experiments:
            for _ in range(trials):
                if lab is None:
                    lab = Lab.up(spec, owned=True, say=say)
                index = len(record.trials)
                entry = _trial_record(index, experiment, record.settings)
                record.trials.append(entry)
                writer.save()
                say(f"trial {index}: {experiment.title}")
                history = writer.trial(index)
                try:
                    trial = run_trial(lab, experiment, chance, history)
                finally:
                    history.close()
                entry.status = "complete"
                entry.unknown_reason = trial.unknown_reason
                entry.target = f"{experiment.fault.target} = {trial.targets}"
                writer.save()
                if trial.unknown_reason:
                    say(f"trial {index} is unknown: {trial.unknown_reason}; rebuilding the lab")
                    lab.down()
                    lab = None
        record.status = "complete"
    finally:
        writer.save()
        if lab is not None:
            lab.down()
    return directory
