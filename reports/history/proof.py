"""The run directory of a proof: run.json, and in trials/0000 events, operations, final history."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from reports.errors import ReportError
from reports.history.claims import Text
from reports.history.ops import Op, Version
from reports.history.reader import read_lines, read_object
from reports.history.writer import write_record

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class ProofRecord(BaseModel):
    """run.json of a proof. `disk` ext4: power was lost for real; else it was a process crash."""

    model_config = ConfigDict(extra="forbid")

    schema_version: int
    kind: Literal["proof"]
    id: str
    name: str
    title: Text
    command: str
    started_at: str
    seed: int
    status: Literal["complete", "interrupted", "failed"]
    reason: str = ""
    lab: dict[str, Any]
    steps: list[dict[str, Any]]
    versions: dict[str, str]
    host: dict[str, str]
    runtime: str


@dataclass(frozen=True)
class ProofHistory:
    """All that was observed. Times are seconds since the workload began."""

    record: ProofRecord
    events: list[dict[str, Any]]
    ops: list[Op]
    final: list[Version]


class ProofWriter:
    """Writes the run directory as things happen; thread-safe."""

    def __init__(self, directory: Path, record: ProofRecord) -> None:
        self.directory = directory
        self.record = record
        self._lock = threading.Lock()
        self._trial = directory / "trials" / "0000"
        self._trial.mkdir(parents=True)
        self.save()

    def save(self) -> None:
        """Write run.json atomically."""
        write_record(self.directory, self.record)

    def _append(self, name: str, entry: dict[str, Any]) -> None:
        with self._lock, (self._trial / name).open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")

    def event(self, t_s: float, kind: str, **fields: Any) -> None:
        """Append one event."""
        self._append("events.jsonl", {"t_s": t_s, "kind": kind, **fields})

    def op(self, op: Op) -> None:
        """Append one operation."""
        self._append("ops.jsonl", asdict(op))

    def final(self, versions: Iterable[Version]) -> None:
        """Write the store's own history of the keys."""
        for version in versions:
            self._append("final.jsonl", asdict(version))


def read_proof(directory: Path) -> ProofHistory:
    """Read a proof, an interrupted one too. Raises ReportError."""
    trial = directory / "trials" / "0000"
    try:
        record = ProofRecord.model_validate(read_object(directory / "run.json"))
        ops = [Op(**line) for line in read_lines(trial / "ops.jsonl")]
        final = [Version(**line) for line in read_lines(trial / "final.jsonl")]
    except (ValidationError, TypeError) as error:
        raise ReportError(f"{directory} is no proof of halab: {error}") from error
    return ProofHistory(record, read_lines(trial / "events.jsonl"), ops, final)
