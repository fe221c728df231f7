"""The run directory of a survey (tolerance table or splits): run.json, and one line a cell."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Generic, Literal, Self, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from reports.errors import ReportError
from reports.history.lines import LineWriter, read_lines
from reports.history.run_json import read_record, write_record
from reports.history.schema import RunHeader, Status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_STRICT = ConfigDict(extra="forbid")
CELLS = "cells.jsonl"
Row = TypeVar("Row", "CellRecord", "SplitRecord")
Served = Literal["served", "not-served", "unknown"]
SurveyKind = Literal["tolerance", "splits"]


class ExpectedRow(BaseModel):
    """One row of a table that somebody wrote down."""

    model_config = _STRICT

    size: int
    majority: int
    tolerance: int


class PlannedCell(BaseModel):
    """A cell to be measured: `failed` of `size` members fail at once, by one fault."""

    model_config = _STRICT

    size: int
    failed: int
    leader_failed: bool
    fault: str
    trial: int


class PlannedSplit(BaseModel):
    """A split to be measured: `groups` members hear only one another, a `bridge` hears all.

    `leader_in`: the index of the group that has the leader at the split, None for the bridge.
    """

    model_config = _STRICT

    size: int
    groups: list[int]
    leader_in: int | None
    bridge: bool
    trial: int

    @model_validator(mode="after")
    def _led_by_a_group(self) -> Self:
        if self.leader_in is not None and not 0 <= self.leader_in < len(self.groups):
            raise ValueError(f"there is no group {self.leader_in}")
        return self


Planned: TypeAlias = PlannedCell | PlannedSplit


class MeasuredRow(BaseModel):
    """What is known of every measurement.

    `bound_s`: how long nothing had to be served to be not served. From the heal until a write was
    served, and until all members agreed: `back_after_heal_s`, `whole_after_heal_s`. `lost`:
    acknowledged writes that were missing after the repair; `differing`: how the members' revisions
    or hashes differed then, "" when they agreed. `reason`: why something of it is unknown.
    """

    model_config = _STRICT

    bound_s: float = 0.0
    back_after_heal_s: float | None = None
    whole_after_heal_s: float | None = None
    acknowledged: int = 0
    lost: list[str] = []
    differing: str = ""
    evidence: str = ""
    reason: str


class Asked(BaseModel):
    """What these members served while a fault was in.

    `write_s`: from the confirmed effect to the first success; `offered_s`: how long requests were
    offered.
    """

    model_config = _STRICT

    members: list[str]
    write: Served
    read: Served
    write_s: float | None = None
    offered: int = 0
    offered_s: float = 0.0


class CellRecord(PlannedCell, MeasuredRow, Asked):
    """What was measured when `members` failed; what was served, was so by the others.

    `read_s`: as `write_s`. `starved_s`: how much of the time was in vain, for the machine was busy.
    """

    leader: str
    read_s: float | None = None
    served_by: str = ""
    starved_s: float = 0.0


class SideRecord(Asked):
    """One side of a split."""

    name: str


class SplitRecord(PlannedSplit, MeasuredRow):
    """What was measured when a cluster was split."""

    leader: str
    sides: list[SideRecord]


class SurveyRecord(RunHeader):
    """run.json of a survey; `faults` and `expected` are a tolerance table's.

    `planned`: every cell or split to be measured. `environments`: component -> what it is started
    with, NAME=value each.
    """

    kind: SurveyKind
    sizes: list[Annotated[int, Field(ge=1, le=99)]] = Field(min_length=1)
    faults: list[str]
    trials: int
    planned: list[Planned]
    timeouts: dict[str, int]
    peer_tls: bool = True
    environments: dict[str, list[str]]
    expected: list[ExpectedRow]


@dataclass(frozen=True)
class SurveyHistory(Generic[Row]):
    """A survey as it was found. `damage`: what cannot be read and is left out.

    `missing`: what was planned and is not there.
    """

    record: SurveyRecord
    rows: list[Row]
    damage: list[str]
    missing: list[str]


class SurveyWriter:
    """Writes run.json and cells.jsonl; thread-safe."""

    def __init__(self, directory: Path, record: SurveyRecord) -> None:
        self.directory = directory
        self.record = record
        write_record(self.directory, self.record)
        self._cells = LineWriter(directory / CELLS)

    def row(self, record: CellRecord | SplitRecord) -> None:
        """Append one cell or split."""
        self._cells.write(record.model_dump(mode="json"))

    def end(self, status: Status) -> None:
        """Write how the survey ended; nothing is appended any more."""
        self._cells.close()
        self.record.status = status
        write_record(self.directory, self.record)


def read_tolerance(directory: Path) -> SurveyHistory[CellRecord]:
    """Read a measured table, an interrupted one too. Raises ReportError."""
    return _read(directory, "tolerance", CellRecord, PlannedCell)


def read_splits(directory: Path) -> SurveyHistory[SplitRecord]:
    """Read measured splits, interrupted ones too. Raises ReportError."""
    return _read(directory, "splits", SplitRecord, PlannedSplit)


def _read(
    directory: Path, kind: SurveyKind, model: type[Row], planned: type[Planned]
) -> SurveyHistory[Row]:
    record = read_record(directory, SurveyRecord)
    if record.kind != kind:
        raise ReportError(f"{directory} holds {record.kind}, not {kind}")
    damage: list[str] = []
    lines = read_lines(directory / CELLS, damage, ended=record.status == "complete")
    rows = []
    for number, line in enumerate(lines, 1):
        try:
            rows.append(model.model_validate(line))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            damage.append(f"{CELLS}: row {number} is left out: {where}: {first['msg']}")
    wanted = [_names(plan, planned) for plan in record.planned]
    return SurveyHistory(
        record, rows, damage, _missing(wanted, [_names(row, planned) for row in rows])
    )


def _names(row: BaseModel, planned: type[BaseModel]) -> str:
    """Return which cell or split this is, by the fields that were planned."""
    return ", ".join(f"{name} {getattr(row, name, None)}" for name in planned.model_fields)


def _missing(planned: Sequence[str], measured: Sequence[str]) -> list[str]:
    left = list((Counter(planned) - Counter(measured)).elements())
    if not left:
        return []
    return [f"{len(left)} of {len(planned)} that were planned are not there, the first: {left[0]}"]
