"""What both surveys judge: whether members served, and whether acknowledged writes were kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeVar

from reports.locale.message import joined, message
from reports.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reports.history.surveys import MeasuredRow, MembersServed
    from reports.locale.message import Message
    from reports.verdict import VerdictValue

ALL_KEPT = "every-acknowledged-write-is-kept"
Row = TypeVar("Row", bound="MeasuredRow")
ServedState = Literal["served", "not-served", "unknown", "mixed"]


def is_served(asked: MembersServed) -> ServedState:
    """Whether a write and a linearizable read were served; mixed where one of the two was."""
    states = {asked.write, asked.read}
    if "unknown" in states:
        return "unknown"
    return states.pop() if len(states) == 1 else "mixed"


def serves_anything(asked: MembersServed) -> bool:
    """Whether a write or a linearizable read was served: each needs a majority."""
    return "served" in (asked.write, asked.read)


def as_stated(asked: MembersServed, *, serve: bool) -> VerdictValue:
    """Judge whether members served everything, or nothing, as is stated.

    A write alone, or a read alone, violates both.
    """
    states = (asked.write, asked.read)
    if ("not-served" if serve else "served") in states:
        return "violated"
    return "unknown" if "unknown" in states else "holds"


def kept(rows: Sequence[Row], sentence: Callable[[Row], Message], summary: str) -> Verdict:
    """Judge whether every acknowledged write was there after the repairs, at every member.

    What a row lost counts, whatever else of it is unknown. `sentence`: of a row that violates it.
    `summary`: the message of a survey where none does.
    """
    if wrong := next((row for row in rows if row.lost or row.differing), None):
        problem = message("writes-lost", count=len(wrong.lost)) if wrong.lost else wrong.differing
        note = joined(sentence(wrong), message("after-repair", problem=problem or ""))
        return Verdict(ALL_KEPT, "safety", "violated", note)
    measured = [row for row in rows if row.is_measured]
    writes = sum(row.acknowledged for row in measured)
    note = message(summary, writes=writes, count=len(measured))
    if len(measured) < len(rows):
        missing = message("not-measured-of", count=len(rows) - len(measured), total=len(rows))
        return Verdict(ALL_KEPT, "safety", "unknown", joined(missing, note))
    return Verdict(ALL_KEPT, "safety", "holds" if writes else "unknown", note)
