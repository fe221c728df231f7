"""The run directory of a proof: run.json; operations, events and the final state of each trial."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from reports.errors import ReportError
from reports.history.claims import Text
from reports.history.final import FinalState
from reports.history.lines import LONGEST_S, PROOF_EVENTS, read_events, read_lines
from reports.history.object import read_object, write_record
from reports.history.operations import OPERATION_KEYS, Operation, operations_of
from reports.history.reader import trial_folder, unproven

if TYPE_CHECKING:
    from pathlib import Path

_STRICT = ConfigDict(extra="forbid")


class ProofTrialRecord(BaseModel):
    """One execution. `unknown_reason` says why it proves nothing."""

    model_config = _STRICT

    index: int
    status: Literal["complete", "interrupted"]
    unknown_reason: str | None = None


class ProofRecord(BaseModel):
    """run.json of a proof. `bound_s`: how long nothing must succeed before "stopped" is said."""

    model_config = _STRICT

    schema_version: int
    kind: Literal["proof"]
    id: str
    name: str
    title: Text
    hypothesis: Text
    command: str
    started_at: str
    seed: int
    status: Literal["complete", "interrupted", "failed"]
    lab: dict[str, Any]
    steps: list[str]
    bound_s: float
    workload: dict[str, float]
    versions: dict[str, str]
    host: dict[str, str]
    runtime: str
    trials: list[ProofTrialRecord]

    @property
    def disk(self) -> str:
        """What keeps the data: a folder, or a disk whose power can be cut."""
        return str(self.lab["disk"])


@dataclass(frozen=True)
class ProofHistory:
    """All that was observed in one trial; `final` is None when it never came to an end.

    `damage`: what could not be read of it; it then proves nothing, and has no final state.
    """

    record: ProofTrialRecord
    operations: list[Operation]
    events: list[dict[str, Any]]
    final: FinalState | None
    damage: tuple[str, ...] = ()

    def all_of(self, kind: str) -> list[dict[str, Any]]:
        """Return the events of a kind, in order."""
        return [event for event in self.events if event["kind"] == kind]


class ProofTrialWriter:
    """Appends events and operations of one trial; thread-safe."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True)
        self._directory = directory
        self._lock = threading.Lock()
        self._events = (directory / "events.jsonl").open("w", encoding="utf-8")
        self._operations = (directory / "ops.jsonl").open("w", encoding="utf-8")

    def event(self, t_s: float, kind: str, **more: Any) -> None:
        """Write one event."""
        with self._lock:
            self._events.write(json.dumps({"t_s": t_s, "kind": kind, **more}) + "\n")
            self._events.flush()

    def operation(self, said: dict[str, Any]) -> None:
        """Write one operation; keys that the schema lacks are dropped."""
        with self._lock:
            line = json.dumps({key: said[key] for key in OPERATION_KEYS})
            self._operations.write(line + "\n")
            self._operations.flush()

    def final(self, state: FinalState) -> None:
        """Write the final state."""
        text = state.model_dump_json(indent=1)
        (self._directory / "final.json").write_text(text, encoding="utf-8")

    def close(self) -> None:
        """Close the files."""
        with self._lock:
            self._events.close()
            self._operations.close()


class ProofWriter:
    """Writes run.json, and opens a writer for each trial."""

    def __init__(self, directory: Path, record: ProofRecord) -> None:
        self.directory = directory
        self.record = record
        self.save()

    def save(self) -> None:
        """Write run.json atomically."""
        write_record(self.directory, self.record)

    def trial(self, index: int) -> ProofTrialWriter:
        """Open trials/NNNN."""
        return ProofTrialWriter(trial_folder(self.directory, index))


def read_proof(directory: Path) -> tuple[ProofRecord, list[ProofHistory]]:
    """Read a proof, an interrupted or damaged one too. Raises ReportError."""
    try:
        record = ProofRecord.model_validate(read_object(directory / "run.json"))
    except ValidationError as error:
        raise ReportError(f"{directory} is no proof of halab: {error}") from error
    if "disk" not in record.lab:
        raise ReportError(f"{directory} is no proof of halab: its lab names no disk")
    return record, [_read_trial(directory, trial) for trial in record.trials]


def _operations(path: Path, damage: list[str]) -> list[Operation]:
    lines = read_lines(path, damage)
    try:
        found = operations_of(lines)
    except ValidationError as error:
        wrong = {int(one["loc"][0]) for one in error.errors()}
        damage.append(f"{path.name}: {len(wrong)} operations cannot be read and are left out")
        found = operations_of([one for n, one in enumerate(lines) if n not in wrong])
    sound = [one for one in found if 0 <= one.invoke_s <= one.complete_s < LONGEST_S]
    if len(sound) < len(found):
        damage.append(f"{path.name}: {len(found) - len(sound)} operations end before they begin")
    return sound


def _final(path: Path, record: ProofTrialRecord, damage: list[str]) -> FinalState | None:
    if not path.exists():
        if record.status == "complete" and not record.unknown_reason:
            damage.append(f"{path.name} is not there")
        return None
    try:
        state = FinalState.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        damage.append(f"{path.name} is broken")
        return None
    if not state.members:
        damage.append(f"{path.name} names no member")
        return None
    return state


def _read_trial(directory: Path, record: ProofTrialRecord) -> ProofHistory:
    folder = trial_folder(directory, record.index)
    damage: list[str] = []
    operations = _operations(folder / "ops.jsonl", damage)
    events = read_events(folder / "events.jsonl", PROOF_EVENTS, damage)
    final = _final(folder / "final.json", record, damage)
    if damage:
        # what is not in the history any more would look like writes that nobody sent
        final = None
    record = record.model_copy(update={"unknown_reason": unproven(record.unknown_reason, damage)})
    return ProofHistory(record, operations, events, final, tuple(damage))
