"""A survey before its first measurement: what is to be measured, and the record of it on disk."""

from __future__ import annotations

import datetime as dt
import itertools
import uuid
from typing import TYPE_CHECKING

from chaos.provenance import host, versions
from chaos.tolerance.cells import cells_of
from chaos.tolerance.failing import FailingTask
from chaos.tolerance.splits import splits_of
from chaos.tolerance.splitting import SplitTask
from chaos.tolerance.survey import PROFILE, Survey
from lab.spec import PROFILES
from reports.history.schema import SCHEMA_VERSION
from reports.history.tolerance import ExpectedRow, SurveyKind, SurveyRecord, SurveyWriter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chaos.tolerance.lots import Task


def open_survey(
    kind: SurveyKind,
    sizes: list[int],
    faults: list[str],
    expected: list[ExpectedRow],
    *,
    trials: int,
    seed: int,
    runtime: str,
    runs_dir: Path,
    command: str,
    say: Callable[[str], None],
) -> Survey:
    """Make the run directory and the tasks. Raises OSError when it cannot be made."""
    now, profile = dt.datetime.now(dt.UTC), PROFILES[PROFILE]
    record = SurveyRecord(
        schema_version=SCHEMA_VERSION,
        kind=kind,
        id=f"{now:%Y%m%dT%H%M%SZ}-{kind}-{uuid.uuid4().hex[:6]}",
        command=command,
        started_at=now.isoformat(),
        seed=seed,
        status="interrupted",
        sizes=sizes,
        faults=faults,
        trials=trials,
        timeouts=profile.model_dump(exclude={"peer_tls", "etcd_environment"}),
        peer_tls=profile.peer_tls,
        etcd_environment=list(profile.etcd_environment),
        expected=expected,
        versions=versions(runtime),
        host=host(),
        runtime=runtime,
    )
    tasks: list[Task] = []
    for trial, size in itertools.product(range(trials), sizes):
        if kind == "splits":
            tasks += [SplitTask(split, trial, seed) for split in splits_of(size)]
            continue
        for fault in faults:
            tasks += [FailingTask(cell, trial, seed) for cell in cells_of(size, fault)]
    return Survey(SurveyWriter(runs_dir / record.id, record), tasks, say)
