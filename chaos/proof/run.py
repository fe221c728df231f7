"""A proof, n trials, in one run directory; each trial on a lab of its own."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from typing import TYPE_CHECKING

from chaos.campaign import keep_logs
from chaos.proof.clients import KEYS, RATE_HZ, TIMEOUT_S
from chaos.proof.trial import ProofTrial
from chaos.provenance import host, versions
from lab.lab import Lab
from lab.runtime.kinds import check_capable
from reports.history.proof import ProofRecord, ProofTrialRecord, ProofWriter
from reports.history.schema import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chaos.proof.schema import ProofSpec


class ProofRun:
    """One execution of a proof. What was observed is on disk as it comes.

    Raises NotCapableError, before anything is made, when its runtime cannot do it.
    """

    def __init__(
        self, proof: ProofSpec, runs_dir: Path, seed: int, command: str, say: Callable[[str], None]
    ) -> None:
        check_capable(proof.lab)
        now = dt.datetime.now(dt.UTC)
        record = ProofRecord(
            schema_version=SCHEMA_VERSION,
            kind="proof",
            id=f"{now:%Y%m%dT%H%M%SZ}-{proof.name}-{uuid.uuid4().hex[:6]}",
            name=proof.name,
            title=proof.title,
            hypothesis=proof.hypothesis,
            command=command,
            started_at=now.isoformat(),
            seed=seed,
            status="interrupted",
            lab=proof.lab.model_dump(),
            steps=[str(step) for step in proof.steps],
            # three times the largest randomised election timeout, which is below twice the set one
            bound_s=3 * 2 * proof.lab.timeouts.election_ms / 1000,
            workload={"rate_hz": RATE_HZ, "keys": KEYS, "timeout_s": TIMEOUT_S},
            versions=versions(proof.lab.runtime),
            host=host(),
            runtime=proof.lab.runtime,
            trials=[],
        )
        self.writer = ProofWriter(runs_dir / record.id, record)
        self._proof = proof
        self._say = say

    def run(self, trials: int) -> None:
        """Run every trial. Raises LabError; what was observed is on disk."""
        record = self.writer.record
        try:
            for number in range(trials):
                self._say(f"trial {number + 1} of {trials}: {record.title.en}")
                self._trial(number)
            record.status = "complete"
        except Exception:
            record.status = "failed"
            raise
        finally:
            self.writer.save()

    def _trial(self, number: int) -> None:
        record = self.writer.record
        chance = random.Random(f"{record.seed}/{record.name}/{number}")
        spec = self._proof.lab.model_copy(update={"name": f"proof-{record.id[-6:]}"})
        lab = Lab.up(spec, owned=True, say=self._say)
        entry = ProofTrialRecord(index=number, status="interrupted")
        record.trials.append(entry)
        self.writer.save()
        history = self.writer.trial(number)
        try:
            trial = ProofTrial(lab, self._proof, chance, history)
            trial.run()
            entry.unknown_reason = trial.unknown_reason
            entry.status = "complete"
        finally:
            history.close()
            try:
                keep_logs(lab, self.writer.directory)
            finally:
                lab.down()
        if entry.unknown_reason:
            self._say(f"this trial proves less than it was to: {entry.unknown_reason}")
