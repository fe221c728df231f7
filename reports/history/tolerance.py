"""The run directory of a measured tolerance table: run.json, and one line a cell."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from reports.errors import ReportError
from reports.history.reader import read_lines, read_object

if TYPE_CHECKING:
    from pathlib import Path

_STRICT = ConfigDict(extra="forbid")
Served = Literal["served", "not-served", "unknown"]


class ExpectedRow(BaseModel):
    """One row of a table that somebody wrote down."""

    model_config = _STRICT

    size: int
    majority: int
    tolerance: int


class CellRecord(BaseModel):
    """What was measured when `failed` of `size` members failed at once.

    `write_s`, `read_s`: from the confirmed effect to the first success; `offered_s`: how long
    requests were offered; `lost`: acknowledged writes that were missing after the repair;
    `differing`: how the members' revisions or hashes differed then, "" when they agreed.
    """

    model_config = _STRICT

    size: int
    failed: int
    leader_failed: bool
    fault: str
    trial: int
    members: list[str]
    leader: str
    write: Served
    read: Served
    write_s: float | None = None
    read_s: float | None = None
    served_by: str = ""
    offered: int = 0
    bound_s: float = 0.0
    offered_s: float = 0.0
    back_after_heal_s: float | None = None
    acknowledged: int = 0
    lost: list[str] = []
    differing: str = ""
    evidence: str = ""
    reason: str


class ToleranceRecord(BaseModel):
    """run.json of a tolerance table."""

    model_config = _STRICT

    schema_version: int
    kind: Literal["tolerance"]
    id: str
    command: str
    started_at: str
    seed: int
    status: Literal["complete", "interrupted", "failed"]
    sizes: list[int]
    faults: list[str]
    trials: int
    timeouts: dict[str, int]
    expected: list[ExpectedRow]
    versions: dict[str, str]
    host: dict[str, str]
    runtime: str


class ToleranceWriter:
    """Writes run.json and cells.jsonl; thread-safe."""

    def __init__(self, directory: Path, record: ToleranceRecord) -> None:
        self.directory = directory
        self.record = record
        self._lock = threading.Lock()
        self.save()

    def save(self) -> None:
        """Write run.json atomically."""
        self.directory.mkdir(parents=True, exist_ok=True)
        draft = self.directory / "run.json.tmp"
        draft.write_text(self.record.model_dump_json(indent=2), encoding="utf-8")
        draft.replace(self.directory / "run.json")

    def cell(self, record: CellRecord) -> None:
        """Append one cell."""
        with self._lock, (self.directory / "cells.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(record.model_dump()) + "\n")


def is_tolerance(directory: Path) -> bool:
    """Whether a run directory holds a tolerance table. Raises ReportError when it is none."""
    return read_object(directory / "run.json").get("kind") == "tolerance"


def read_tolerance(directory: Path) -> tuple[ToleranceRecord, list[CellRecord]]:
    """Read a measured table, an interrupted one too. Raises ReportError."""
    try:
        record = ToleranceRecord.model_validate(read_object(directory / "run.json"))
        lines = read_lines(directory / "cells.jsonl")
        return record, [CellRecord.model_validate(line) for line in lines]
    except ValidationError as error:
        raise ReportError(f"{directory} is no tolerance table of halab: {error}") from error
