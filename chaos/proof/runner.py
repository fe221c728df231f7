"""One proof: a cluster, its workload, the steps, and at the end always the same check."""

from __future__ import annotations

import datetime as dt
import random
import time
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chaos.campaign import host, keep_logs, versions
from chaos.errors import ChaosError
from chaos.heartbeat import Heartbeat
from chaos.proof.operations import PREFIX, Operations
from chaos.proof.steps import Steps, same_at
from lab.clients.etcd import EtcdClient
from lab.errors import LabError
from lab.health import unhealthy
from lab.lab import Lab
from lab.readiness import wait_until
from reports.history.ops import Version
from reports.history.proof import ProofRecord, ProofWriter
from reports.history.schema import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chaos.proof.schema import Proof
    from reports.history.ops import Op

BASELINE_S = 2.0
HEALTHY_TIMEOUT_S = 40.0


class ProofRun:
    """One execution of a proof. What was observed is on disk as it happens."""

    def __init__(
        self, proof: Proof, *, seed: int, runs_dir: Path, command: str, say: Callable[[str], None]
    ) -> None:
        now = dt.datetime.now(dt.UTC)
        record = ProofRecord(
            schema_version=SCHEMA_VERSION,
            kind="proof",
            id=f"{now:%Y%m%dT%H%M%SZ}-{proof.name}-{uuid.uuid4().hex[:6]}",
            name=proof.name,
            title=proof.title,
            command=command,
            started_at=now.isoformat(),
            seed=seed,
            status="interrupted",
            lab=proof.lab.model_dump(),
            steps=[step.model_dump(by_alias=True) for step in proof.steps],
            versions=versions(),
            host=host(),
            runtime="netns",
        )
        self.writer = ProofWriter(runs_dir / record.id, record)
        self._proof = proof
        self._say = say
        self._zero_s = 0.0

    def run(self) -> None:
        """Do all steps. Raises LabError or ChaosError; what was observed is kept."""
        record = self.writer.record
        spec = self._proof.lab.model_copy(update={"name": f"proof-{record.id[-6:]}"})
        lab = Lab.up(spec, owned=True, say=self._say)
        try:
            with Heartbeat(lab):
                self._on(lab)
            record.status = "complete"
        except (LabError, ChaosError) as error:
            record.status, record.reason = "failed", str(error)
            raise
        finally:
            self.writer.save()
            keep_logs(lab, self.writer.directory)
            lab.down()

    def _on(self, lab: Lab) -> None:
        client = lab.plan.with_role("worker")[0].name
        self._zero_s = time.monotonic()
        chance = random.Random(f"{self.writer.record.seed}/{self._proof.name}")
        steps = Steps(lab, chance, self._event)
        with Operations(lab, client, self._proof.rate_hz, self._proof.keys, self._seen):
            time.sleep(BASELINE_S)
            for step in self._proof.steps:
                self._say(f"step {step.id}: {step.do} {step.target}")
                steps.do(step)
            time.sleep(BASELINE_S)
        self._check(lab)

    def _check(self, lab: Lab) -> None:
        """Write through every member once more, compare them, and read the final history."""
        wait_until("all members to be healthy", lambda: unhealthy(lab), HEALTHY_TIMEOUT_S)
        clients = {
            node.name: EtcdClient(lab.etcd(node.name)) for node in lab.plan.with_role("etcd")
        }
        for member, client in clients.items():
            try:
                answer = f"revision {client.put(f'last/{member}', member)}"
            except LabError as error:
                self._event("last_write", member=member, ok=False, answer=str(error))
            else:
                self._event("last_write", member=member, ok=True, answer=answer)
        revision = max(client.revision() for client in clients.values())
        wait_until("the members to agree", lambda: same_at(clients, revision), HEALTHY_TIMEOUT_S)
        hashes = {member: client.hash_at(revision) for member, client in clients.items()}
        self._event("hashes", revision=revision, hashes=hashes)
        kept = next(iter(clients.values())).history(PREFIX)
        self.writer.final(Version(one.key, one.value, one.revision) for one in kept)

    def _event(self, kind: str, **fields: Any) -> None:
        self.writer.event(time.monotonic() - self._zero_s, kind, **fields)

    def _seen(self, op: Op) -> None:
        begin_s, end_s = op.invoke_s - self._zero_s, op.complete_s - self._zero_s
        self.writer.op(replace(op, invoke_s=begin_s, complete_s=end_s))
