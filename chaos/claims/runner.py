"""Runs the experiments that a document's claims need, one after the other, each in its folder."""

from __future__ import annotations

import datetime as dt
import time
import uuid
from typing import TYPE_CHECKING

from chaos.claims.executions import execute
from chaos.errors import ChaosError
from chaos.provenance import host, versions
from lab.errors import LabError
from reports.history.claims import ClaimsRecord, ClaimsWriter, ExperimentRecord
from reports.history.schema import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chaos.claims.schema import Document


class ClaimsRun:
    """One execution of `halab claims`. What was measured is on disk, experiment by experiment."""

    def __init__(
        self,
        document: Document,
        base: Path,
        *,
        trials: int,
        seed: int,
        runtime: str,
        runs_dir: Path,
        command: str,
        say: Callable[[str], None],
    ) -> None:
        now = dt.datetime.now(dt.UTC)
        record = ClaimsRecord(
            schema_version=SCHEMA_VERSION,
            kind="claims",
            id=f"{now:%Y%m%dT%H%M%SZ}-claims-{uuid.uuid4().hex[:6]}",
            name=document.name,
            title=document.title,
            command=command,
            started_at=now.isoformat(),
            seed=seed,
            status="interrupted",
            claims=document.claims,
            experiments={
                name: ExperimentRecord(kind=document.experiments[name].kind)
                for name in document.needed()
            },
            versions=versions(runtime),
            host=host(),
            runtime=runtime,
        )
        self.writer = ClaimsWriter(runs_dir / record.id, record)
        self._document = document
        self._base = base
        self._trials = trials
        self._say = say

    def run(self) -> None:
        """Run every experiment; one that fails leaves its claims unknown, and the rest goes on."""
        record = self.writer.record
        for number, (name, entry) in enumerate(record.experiments.items(), 1):
            self._say(f"experiment {number} of {len(record.experiments)}: {name}")
            begun_s = time.monotonic()
            try:
                self._run_one(name, entry)
            except (LabError, ChaosError) as error:
                entry.reason = str(error)
                self._say(f"experiment {name} failed: {error}")
            finally:
                entry.took_s = time.monotonic() - begun_s
                self.writer.save()
        record.status = "complete"
        self.writer.save()

    def _run_one(self, name: str, entry: ExperimentRecord) -> None:
        def opened(directory: Path) -> None:
            entry.directory = str(directory.relative_to(self.writer.directory))
            self.writer.save()

        execute(
            self._document.experiments[name],
            self._base,
            self.writer.folder(name),
            trials=self._trials,
            seed=self.writer.record.seed,
            runtime=self.writer.record.runtime,
            command=self.writer.record.command,
            opened=opened,
            say=self._say,
        )
