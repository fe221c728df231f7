"""The run directory of a survey (tolerance table or splits): run.json, and a line a cell."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reports.errors import ReportError
from reports.history.absent import absent_field
from reports.history.lines import LineWriter, read_lines
from reports.history.run_header import RunHeader, Status
from reports.history.run_json import read_record, write_record
from reports.history.survey_plan import Planned, PlannedCell, PlannedSplit, identity
from reports.locale.message import Message, message, verbatim

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_STRICT = ConfigDict(extra="forbid")
CELLS = "cells.jsonl"
Row = TypeVar("Row", "CellRecord", "SplitRecord")
Served = Literal["served", "not-served", "unknown"]
SurveyKind = Literal["tolerance", "splits"]


class ExpectedRow(BaseModel):
    """A row of a table that a document states."""

    model_config = _STRICT

    size: int
    majority: int
    tolerance: int


class MeasuredRow(BaseModel):
    """What every measurement has.

    `bound_s`: seconds without a success after which requests count as not served, 0 where nothing
    was measured. From the heal until a write was served, and until all members agreed:
    `back_after_heal_s`, `whole_after_heal_s`. `lost`: acknowledged writes that were missing after
    the repair; `differing`: how the members' revisions or hashes differed then, None when they
    agreed. `evidence`: how the fault was confirmed. `reason`: why something of it is unknown.
    """

    model_config = _STRICT

    bound_s: float = 0.0
    back_after_heal_s: float | None = None
    whole_after_heal_s: float | None = None
    acknowledged: int = 0
    lost: list[str] = []
    differing: Message | None = None
    evidence: Message | None = None
    reason: Message | None = None

    @property
    def is_measured(self) -> bool:
        """Whether a fault was held, healed, and what was stored compared with what was sent."""
        return self.bound_s > 0


class MembersServed(BaseModel):
    """What these members served while a fault was in.

    `write_s`: from the confirmed effect to the first success. `sent`: how many requests were
    sent, in `sent_s` seconds.
    """

    model_config = _STRICT

    members: list[str]
    write: Served
    read: Served
    write_s: float | None = None
    sent: int = 0
    sent_s: float = 0.0


class CellRecord(PlannedCell, MeasuredRow, MembersServed):
    """What was measured when `members` failed; the other members served what was served.

    `read_s`: as `write_s`. `starved_s`: seconds in which the machine was too busy to send requests.
    """

    leader: str
    read_s: float | None = None
    served_by: str = ""
    starved_s: float = 0.0


class SideRecord(MembersServed):
    """One side of a split."""

    name: str


class SplitRecord(PlannedSplit, MeasuredRow):
    """What was measured when a cluster was split."""

    leader: str
    sides: list[SideRecord]


def unmeasured(plan: Planned, reason: Message) -> CellRecord | SplitRecord:
    """Return the record of a cell or split that was not measured."""
    if isinstance(plan, PlannedSplit):
        return SplitRecord(**plan.model_dump(), leader="", sides=[], reason=reason)
    return CellRecord(
        **plan.model_dump(), leader="", members=[], write="unknown", read="unknown", reason=reason
    )


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
    """A survey as it was read. `damage`: what cannot be read and is left out.

    `missing`: what was planned and is not there.
    """

    record: SurveyRecord
    rows: list[Row]
    damage: list[Message]
    missing: list[Message]


class SurveyWriter:
    """Writes run.json and cells.jsonl; thread-safe."""

    def __init__(self, directory: Path, record: SurveyRecord) -> None:
        self.directory = directory
        self.record = record
        write_record(self.directory, self.record)
        self._cells = LineWriter(directory / CELLS)

    def row(self, record: CellRecord | SplitRecord) -> None:
        """Append a cell or a split."""
        self._cells.write(record.model_dump(mode="json"))

    def end(self, status: Status) -> None:
        """Write how the survey ended; nothing is appended any more."""
        self._cells.close()
        self.record.status = status
        write_record(self.directory, self.record)


def read_tolerance(directory: Path) -> SurveyHistory[CellRecord]:
    """Read a measured table, also of an interrupted run. Raises ReportError."""
    return _read(directory, "tolerance", CellRecord)


def read_splits(directory: Path) -> SurveyHistory[SplitRecord]:
    """Read measured splits, also of an interrupted run. Raises ReportError."""
    return _read(directory, "splits", SplitRecord)


def _read(directory: Path, kind: SurveyKind, model: type[Row]) -> SurveyHistory[Row]:
    record = read_record(directory, SurveyRecord)
    if record.kind != kind:
        holding = {"path": str(directory), "kind": record.kind, "wanted": kind}
        raise ReportError(message("run-of-another-kind", **holding))
    damage: list[Message] = []
    lines = read_lines(directory / CELLS, damage, ended=record.status == "complete")
    rows = []
    for number, line in enumerate(lines, 1):
        try:
            row = model.model_validate(line)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            problem = verbatim(f"{where}: {first['msg']}")
        else:
            if not (field := absent_field(line, row)):
                rows.append(row)
                continue
            problem = message("field-missing", field=field)
        damage.append(message("row-left-out", file=CELLS, row=number, problem=problem))
    missing = _missing([identity(plan) for plan in record.planned], [identity(row) for row in rows])
    return SurveyHistory(record, rows, damage, missing)


def _missing(planned: Sequence[str], measured: Sequence[str]) -> list[Message]:
    lacking = list((Counter(planned) - Counter(measured)).elements())
    if not lacking:
        return []
    first = lacking[0]
    return [message("planned-missing", count=len(lacking), planned=len(planned), first=first)]
