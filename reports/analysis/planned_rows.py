"""A survey's rows held against its plan: what was planned and is not there is there, unmeasured.

Verdicts, figures and tables are all made of these rows, so that what is missing makes unknown what
depends on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from reports.history.survey_plan import identity, plan_of
from reports.history.surveys import CellRecord, SideRecord, SplitRecord, unmeasured
from reports.locale.message import message

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pydantic import BaseModel

    from reports.history.survey_plan import Planned
    from reports.history.surveys import SurveyRecord

Row = TypeVar("Row", CellRecord, SplitRecord)
Record = TypeVar("Record", bound="BaseModel")


def rows_of_plan(planned: Sequence[Planned], rows: Sequence[Row]) -> list[Row]:
    """Return a row for each that was recorded or planned; unmeasured where it is missing.

    The sides of a split likewise. A row that is recorded twice is there once; where the two differ,
    nobody knows which is right: it is unmeasured, but for what each of them lost.
    """
    recorded: dict[str, list[Row]] = {}
    for row in _once(map(_with_sides, rows)):
        recorded.setdefault(identity(row), []).append(row)
    known = [same[0] if len(same) == 1 else _undecided(same) for same in recorded.values()]
    known += [
        _unmeasured(plan, "planned-not-recorded")
        for plan in planned
        if identity(plan) not in recorded
    ]
    return [_with_sides(row) for row in known]


def sizes_of(record: SurveyRecord, rows: Sequence[Row]) -> list[int]:
    """Return every size that a survey is about, by its record, its plan or what was measured."""
    return sorted({*record.sizes, *(row.size for row in rows)})


def _undecided(same: Sequence[Row]) -> Row:
    lost = {key for row in same for key in row.lost}
    differing = next((row.differing for row in same if row.differing), None)
    kept = {"lost": sorted(lost), "differing": differing}
    row: Row = _unmeasured(same[0], "recorded-differently").model_copy(update=kept)
    return row


def _unmeasured(plan: Planned, reason: str) -> Any:
    """Return a row of the kind of its plan; all that a survey plans is of one kind."""
    return unmeasured(plan_of(plan), message(reason))


def _with_sides(row: Row) -> Row:
    if not isinstance(row, SplitRecord):
        return row
    return row.model_copy(
        update={"sides": _once([*row.sides, *_missing(row.member_counts, row.sides)])}
    )


def _missing(planned: Iterable[str], sides: Sequence[SideRecord]) -> list[SideRecord]:
    recorded = {side.name for side in sides}
    return [
        SideRecord(name=name, members=[], write="unknown", read="unknown")
        for name in planned
        if name not in recorded
    ]


def _once(records: Iterable[Record]) -> list[Record]:
    """Return the records without those that are there twice, which stand for nothing more."""
    return list({record.model_dump_json(): record for record in records}.values())
