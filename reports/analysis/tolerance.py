"""From measured cells to the tolerance table. Pure; nothing measured knows what is predicted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

import pandas as pd
from scipy.special import betaincinv

from reports.verdict import Verdict, worst

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reports.history.tolerance import CellRecord, MeasuredRow, SideRecord, SurveyRecord

ALL_FINE = "every-acknowledged-write-is-kept"
Row = TypeVar("Row", bound="MeasuredRow")
ServedState = Literal["served", "not-served", "unknown", "mixed"]


@dataclass(frozen=True)
class SizeRow:
    """What was measured of one size; None where it cannot be said."""

    size: int
    states: list[ServedState]
    majority: int | None
    tolerance: int | None


@dataclass(frozen=True)
class ToleranceAnalysis:
    """A measured table, judged. `tables`: name -> data frame."""

    record: SurveyRecord
    cells: list[CellRecord]
    rows: list[SizeRow]
    verdicts: list[Verdict]
    tables: dict[str, pd.DataFrame]
    residual: float | None


def predicted(size: int) -> tuple[int, int]:
    """Return majority and tolerance as Raft's definition has them."""
    majority = size // 2 + 1
    return majority, size - majority


def is_served(cell: CellRecord | SideRecord) -> ServedState:
    """Whether a write and a linearizable read were served."""
    if "unknown" in (cell.write, cell.read):
        return "unknown"
    return "served" if (cell.write, cell.read) == ("served", "served") else "not-served"


def _state(cells: Sequence[CellRecord]) -> ServedState:
    states = {is_served(cell) for cell in cells} or {"unknown"}
    if "unknown" in states:
        return "unknown"
    return states.pop() if len(states) == 1 else "mixed"


def size_row(size: int, cells: Sequence[CellRecord]) -> SizeRow:
    """Measure one size: served with every number of failures up to the tolerance, and no further.

    The tolerance is the largest k such that everything was served with 0..k failed; it is said
    only when it was seen that k + 1 is too many. The majority is the smallest number of members
    that was seen to serve when the others had failed, whoever they were.
    """
    states = [_state([cell for cell in cells if cell.failed == k]) for k in range(size + 1)]
    end = next((k for k, state in enumerate(states) if state != "served"), size + 1)
    tolerance = end - 1 if 0 < end <= size and states[end] != "unknown" else None
    majority = None
    if "unknown" not in states:
        alive = [size - k for k, state in enumerate(states) if state == "served"]
        majority = min(alive, default=None)
    return SizeRow(size, states, majority, tolerance)


def _shown(cell: CellRecord) -> str:
    alive = cell.size - cell.failed
    what = f"{cell.fault} of {', '.join(cell.members) or 'nobody'}: {alive} of {cell.size} left"
    if is_served(cell) == "served":
        return f"{what}, a write was acknowledged after {cell.write_s or 0:.2f} s"
    return f"{what}, nothing was served in {cell.offered_s:.1f} s ({cell.offered} requests)"


def _evidence(cells: Sequence[CellRecord], size: int, failed: int, state: ServedState) -> str:
    mine = [one for one in cells if (one.size, one.failed) == (size, failed)]
    return next((_shown(one) for one in mine if is_served(one) == state), "")


def evidence_of(cells: Sequence[CellRecord], row: SizeRow, column: str) -> str:
    """Return the two cells between which a size's majority or tolerance lies."""
    value = row.majority if column == "majority" else row.tolerance
    if value is None:
        return ""
    failed = row.size - value if column == "majority" else value
    served = _evidence(cells, row.size, failed, "served")
    return f"{served}; {_evidence(cells, row.size, failed + 1, 'not-served')}"


def _judge(
    row: SizeRow, column: str, measured: int | None, wanted: int, cells: Sequence[CellRecord]
) -> Verdict:
    identity = f"size-{row.size}-{column}"
    if measured is None:
        reasons = [cell.reason for cell in cells if cell.size == row.size and cell.reason]
        note = reasons[0] if reasons else "the cells that decide it were not measured"
        return Verdict(identity, column, "unknown", note)
    # The smaller majority, the larger tolerance of the two: whether that many failures are served
    # decides between them.
    if column == "majority":
        failed, more = row.size - min(measured, wanted), wanted < measured
    else:
        failed, more = max(measured, wanted), wanted > measured
    if 0 <= failed <= row.size:
        shown = _evidence(cells, row.size, failed, "not-served" if more else "served")
    else:
        shown = f"{row.size} members cannot have it"
    note = f"{column} of {row.size}: {wanted} expected, {measured} measured; {shown}"
    return Verdict(identity, column, "holds" if measured == wanted else "violated", note)


def kept(measured: Sequence[Row], shown: Callable[[Row], str], noun: str) -> Verdict:
    """Judge whether every acknowledged write was there after the repairs, at every member."""
    if wrong := next((one for one in measured if one.lost or one.differing), None):
        lost = f"{len(wrong.lost)} acknowledged writes are lost"
        note = f"{shown(wrong)}; afterwards: {lost if wrong.lost else wrong.differing}"
        return Verdict(ALL_FINE, "safety", "violated", note)
    writes = sum(one.acknowledged for one in measured)
    note = f"{writes} acknowledged writes in {len(measured)} {noun}, members at one hash after each"
    return Verdict(ALL_FINE, "safety", "holds" if writes else "unknown", note)


def residual_probability(cells: Sequence[CellRecord]) -> float | None:
    """Return an upper bound of the chance that a "not served" would have been served later.

    The bound holds three rounds of election. Of the cells that were served after their leader had
    failed, some needed more than one round; the upper limit of that share (Clopper-Pearson, 95 %),
    to the third power, bounds three failed rounds in a row, if rounds fail independently. None
    without such cells: then nothing is known of it.
    """
    elected = [one for one in cells if one.leader_failed and is_served(one) == "served"]
    if not elected:
        return None
    slow = sum((one.write_s or 0.0) > one.bound_s / 3 for one in elected)
    if slow == len(elected):
        return 1.0
    # scipy.stats has it by name, and takes three seconds to import
    share = betaincinv(slow + 1, len(elected) - slow, 0.975)
    return float(share) ** 3


def analyse_tolerance(record: SurveyRecord, cells: Sequence[CellRecord]) -> ToleranceAnalysis:
    """Compute the tables and verdicts of a survey."""
    expected = {row.size: (row.majority, row.tolerance) for row in record.expected}
    rows = [size_row(size, [c for c in cells if c.size == size]) for size in record.sizes]
    verdicts = []
    for row in rows:
        wanted = expected.get(row.size) if expected else predicted(row.size)
        if wanted is None:
            continue
        verdicts += [
            _judge(row, "majority", row.majority, wanted[0], cells),
            _judge(row, "tolerance", row.tolerance, wanted[1], cells),
        ]
    verdicts.append(kept([one for one in cells if is_served(one) != "unknown"], _shown, "cells"))
    tables = {
        "tolerance": _cell_table(cells),
        "majority": _majority_table(rows, expected, verdicts),
    }
    residual = residual_probability(cells)
    return ToleranceAnalysis(record, list(cells), rows, verdicts, tables, residual)


def _cell_table(cells: Sequence[CellRecord]) -> pd.DataFrame:
    rows = []
    for cell in cells:
        state = is_served(cell)
        wanted = "served" if cell.failed <= predicted(cell.size)[1] else "not-served"
        verdict = "unknown" if state == "unknown" else "holds" if state == wanted else "violated"
        rows.append(
            {
                "size": cell.size,
                "failed": cell.failed,
                "leader_failed": cell.leader_failed,
                "fault": cell.fault,
                "trial": cell.trial,
                "members": " ".join(cell.members),
                "write": cell.write,
                "read": cell.read,
                "first_served_s": cell.write_s,
                "served_by": cell.served_by,
                "back_after_heal_s": cell.back_after_heal_s,
                "acknowledged": cell.acknowledged,
                "lost": len(cell.lost),
                "predicted": wanted,
                "verdict": verdict,
            }
        )
    frame = pd.DataFrame(rows)
    order = ["size", "fault", "failed", "leader_failed", "trial"]
    return frame.sort_values(order, ignore_index=True) if rows else frame


def _majority_table(
    rows: list[SizeRow], expected: dict[int, tuple[int, int]], verdicts: list[Verdict]
) -> pd.DataFrame:
    table = []
    for row in rows:
        mine = [one for one in verdicts if one.id.startswith(f"size-{row.size}-")]
        wanted = expected.get(row.size, (None, None))
        table.append(
            {
                "size": row.size,
                "majority_measured": row.majority,
                "tolerance_measured": row.tolerance,
                "majority_predicted": predicted(row.size)[0],
                "tolerance_predicted": predicted(row.size)[1],
                "majority_expected": wanted[0],
                "tolerance_expected": wanted[1],
                "verdict": worst(one.verdict for one in mine),
                "note": "; ".join(one.note for one in mine if one.verdict != "holds"),
            }
        )
    # whole numbers stay whole where others are missing
    return pd.DataFrame(table).convert_dtypes()
