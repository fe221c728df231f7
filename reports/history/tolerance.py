"""The run directory of a survey (tolerance table or splits): run.json, and one line a cell."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Annotated, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from reports.errors import ReportError
from reports.history.lines import read_lines
from reports.history.object import read_object, write_record

if TYPE_CHECKING:
    from pathlib import Path

_STRICT = ConfigDict(extra="forbid")
CELLS = "cells.jsonl"
Row = TypeVar("Row", bound=BaseModel)
Served = Literal["served", "not-served", "unknown"]
Status = Literal["complete", "interrupted", "failed"]
SurveyKind = Literal["tolerance", "splits"]


class ExpectedRow(BaseModel):
    """One row of a table that somebody wrote down."""

    model_config = _STRICT

    size: int
    majority: int
    tolerance: int


class CellRecord(BaseModel):
    """What was measured when `failed` of `size` members failed at once.

    `write_s`, `read_s`: from the confirmed effect to the first success; `offered_s`: how long
    requests were offered, `starved_s` of it in vain, for the machine was busy. From the heal until
    a write was served, and until all members agreed: `back_after_heal_s`, `whole_after_heal_s`.
    `lost`: acknowledged writes that were missing after the repair; `differing`: how the members'
    revisions or hashes differed then, "" when they agreed.
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
    starved_s: float = 0.0
    back_after_heal_s: float | None = None
    whole_after_heal_s: float | None = None
    acknowledged: int = 0
    lost: list[str] = []
    differing: str = ""
    evidence: str = ""
    reason: str


class SideRecord(BaseModel):
    """One side of a split: who was there, and what was served there."""

    model_config = _STRICT

    name: str
    members: list[str]
    write: Served
    read: Served
    write_s: float | None
    offered: int
    offered_s: float


class SplitRecord(BaseModel):
    """What was measured when a cluster was split; the fields of a cell mean the same.

    `groups`: how many members heard only one another; with `bridge` one more heard all of them.
    `leader_in`: the index of the group that had the leader at the split, None for the bridge.
    """

    model_config = _STRICT

    size: int
    groups: list[int]
    leader_in: int | None
    bridge: bool
    trial: int
    leader: str
    sides: list[SideRecord]
    bound_s: float = 0.0
    back_after_heal_s: float | None = None
    whole_after_heal_s: float | None = None
    acknowledged: int = 0
    lost: list[str] = []
    differing: str = ""
    evidence: str = ""
    reason: str

    @model_validator(mode="after")
    def _led_by_a_group(self) -> Self:
        if self.leader_in is not None and not 0 <= self.leader_in < len(self.groups):
            raise ValueError(f"there is no group {self.leader_in}")
        return self


class SurveyRecord(BaseModel):
    """run.json of a survey; `faults` and `expected` are a tolerance table's."""

    model_config = _STRICT

    schema_version: int
    kind: SurveyKind
    id: str
    command: str
    started_at: str
    seed: int
    status: Status
    sizes: list[Annotated[int, Field(ge=1, le=99)]] = Field(min_length=1)
    faults: list[str]
    trials: int
    timeouts: dict[str, int]
    peer_tls: bool = True
    etcd_environment: list[str] = []
    expected: list[ExpectedRow]
    versions: dict[str, str]
    host: dict[str, str]
    runtime: str


class SurveyWriter:
    """Writes run.json and cells.jsonl; thread-safe."""

    def __init__(self, directory: Path, record: SurveyRecord) -> None:
        self.directory = directory
        self.record = record
        self._lock = threading.Lock()
        write_record(self.directory, self.record)

    def row(self, record: BaseModel) -> None:
        """Append one cell or split."""
        with self._lock, (self.directory / CELLS).open("a", encoding="utf-8") as file:
            file.write(record.model_dump_json() + "\n")

    def end(self, status: Status) -> None:
        """Write how the survey ended."""
        self.record.status = status
        write_record(self.directory, self.record)


def _read(
    directory: Path, kind: str, row: type[Row], damage: list[str] | None
) -> tuple[SurveyRecord, list[Row]]:
    try:
        record = SurveyRecord.model_validate(read_object(directory / "run.json"))
    except ValidationError as error:
        raise ReportError(f"{directory} is no survey of halab: {error}") from error
    if record.kind != kind:
        raise ReportError(f"{directory} holds {record.kind}, not {kind}")
    said: list[str] = [] if damage is None else damage
    rows = []
    for number, line in enumerate(read_lines(directory / CELLS, said), 1):
        try:
            rows.append(row.model_validate(line))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            said.append(f"{CELLS}: row {number} is left out: {where}: {first['msg']}")
    return record, rows


def read_tolerance(
    directory: Path, damage: list[str] | None = None
) -> tuple[SurveyRecord, list[CellRecord]]:
    """Read a measured table, an interrupted one too. Raises ReportError.

    What of its cells cannot be read is left out, and said in `damage`.
    """
    return _read(directory, "tolerance", CellRecord, damage)


def read_splits(
    directory: Path, damage: list[str] | None = None
) -> tuple[SurveyRecord, list[SplitRecord]]:
    """Read measured splits, interrupted ones too. Raises ReportError.

    What of them cannot be read is left out, and said in `damage`.
    """
    return _read(directory, "splits", SplitRecord, damage)
