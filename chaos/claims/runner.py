"""Runs the experiments that the claims need, one after the other, each in its own folder."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from chaos.claims.loader import suite_of
from chaos.claims.schema import SuiteExperiment
from chaos.errors import ChaosError, message_of
from chaos.experiment.plan import plan_suite
from chaos.probes.series import DEFAULT_SERIES
from chaos.provenance import versions
from chaos.run.suite import SuiteRun, open_suite
from chaos.survey.cells import parse_faults, parse_sizes
from chaos.survey.record import create_survey
from lab.afterwards import afterwards
from lab.errors import CleanupError, LabError
from reports.history.claims import ClaimsExperiment, ClaimsRecord
from reports.history.writer import RunWriter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chaos.claims.schema import ClaimsDocument
    from chaos.provenance import RunOrder


class ClaimsRun:
    """One execution of `halab claims`. Each experiment is on disk when it ends."""

    def __init__(
        self,
        document: ClaimsDocument,
        base: Path,
        order: RunOrder,
        progress: Callable[[str], None],
    ) -> None:
        record = ClaimsRecord(
            **order.header(document.name, versions(order.runtime)),
            title=document.title,
            claims=document.claims,
            experiments={
                name: ClaimsExperiment(kind=document.experiments[name].kind)
                for name in document.needed()
            },
        )
        self.writer = RunWriter(order.runs_dir / record.id, record)
        self.writer.save()
        self._document = document
        self._base = base
        self._order = order
        self._progress = progress

    def run(self) -> None:
        """Run every experiment. Where an experiment fails, its claims are unknown.

        Raises CleanupError: where something could not be removed, nothing more is started.
        """
        record = self.writer.record
        with afterwards(self.writer.save):
            try:
                for number, (name, entry) in enumerate(record.experiments.items(), 1):
                    self._progress(f"experiment {number} of {len(record.experiments)}: {name}")
                    self._run(name, entry)
                record.status = "complete"
            except Exception:
                record.status = "failed"
                raise

    def _run(self, name: str, entry: ClaimsExperiment) -> None:
        begun_s = time.monotonic()

        def save() -> None:
            entry.took_s = time.monotonic() - begun_s
            self.writer.save()

        entry.status = "interrupted"
        with afterwards(save):
            try:
                directory, run = self._open(name)
                entry.directory = str(directory.relative_to(self.writer.directory))
                self.writer.save()
                run()
                entry.status = "complete"
            except Exception as error:
                entry.status, entry.reason = "failed", message_of(error)
                if isinstance(error, CleanupError) or not isinstance(error, (LabError, ChaosError)):
                    raise
                self._progress(f"experiment {name} failed: {error}")

    def _open(self, name: str) -> tuple[Path, Callable[[], None]]:
        """Make the run directory of an experiment; return it, and the function that fills it."""
        experiment = self._document.experiments[name]
        order = replace(self._order, runs_dir=self.writer.directory / "experiments" / name)
        if isinstance(experiment, SuiteExperiment):
            suite = suite_of(experiment, self._base)
            planned = plan_suite(suite, DEFAULT_SERIES, order.runtime, order.seed)
            writer = open_suite(suite.name, planned, order, experiment.trials)
            return writer.directory, SuiteRun(planned, writer, self._progress).run
        order = replace(order, lab_overrides={})  # they are laid over suites alone
        survey = create_survey(
            experiment.kind,
            parse_sizes(experiment.sizes),
            parse_faults(experiment.faults) if experiment.kind == "tolerance" else [],
            [],
            order,
            self._progress,
        )
        return survey.writer.directory, survey.run
