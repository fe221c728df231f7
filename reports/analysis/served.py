"""What both surveys judge: whether members served, and whether acknowledged writes were kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeVar

from reports.locale.message import joined, message
from reports.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reports.history.surveys import CellRecord, MeasuredRow, SideRecord
    from reports.locale.message import Message

ALL_KEPT = "every-acknowledged-write-is-kept"
Row = TypeVar("Row", bound="MeasuredRow")
ServedState = Literal["served", "not-served", "unknown", "mixed"]


def is_served(cell: CellRecord | SideRecord) -> ServedState:
    """Whether a write and a linearizable read were served."""
    if "unknown" in (cell.write, cell.read):
        return "unknown"
    return "served" if (cell.write, cell.read) == ("served", "served") else "not-served"


def kept(measured: Sequence[Row], sentence: Callable[[Row], Message], summary: str) -> Verdict:
    """Judge whether every acknowledged write was there after the repairs, at every member.

    `sentence`: of a row that violates it. `summary`: the message of a survey where none does.
    """
    if wrong := next((row for row in measured if row.lost or row.differing), None):
        problem = message("writes-lost", count=len(wrong.lost)) if wrong.lost else wrong.differing
        note = joined(sentence(wrong), message("after-repair", problem=problem or ""))
        return Verdict(ALL_KEPT, "safety", "violated", note)
    writes = sum(row.acknowledged for row in measured)
    note = message(summary, writes=writes, count=len(measured))
    return Verdict(ALL_KEPT, "safety", "holds" if writes else "unknown", note)
