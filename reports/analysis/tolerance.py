"""From measured cells to the tolerance table. Pure; no measurement depends on a prediction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
from scipy.special import betaincinv

from reports.analysis.served import is_served, kept
from reports.bracket import NO_EVIDENCE
from reports.locale.catalogue import text_of
from reports.locale.message import joined, message
from reports.verdict import Verdict, worst

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.analysis.served import ServedState
    from reports.history.surveys import CellRecord, SurveyRecord
    from reports.locale.message import Message
    from reports.verdict import VerdictValue


@dataclass(frozen=True)
class SizeRow:
    """What was measured of clusters of a size; None where it is unknown."""

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


def _state(cells: Sequence[CellRecord]) -> ServedState:
    states = {is_served(cell) for cell in cells} or {"unknown"}
    if "unknown" in states:
        return "unknown"
    return states.pop() if len(states) == 1 else "mixed"


def size_row(size: int, cells: Sequence[CellRecord]) -> SizeRow:
    """Return what the cells of a size show: up to how many failures everything was served.

    The tolerance is the largest k such that everything was served with 0..k failed; it is known
    only when k + 1 was measured to be too many. The majority is the smallest number of members
    that served when the others had failed, whichever they were.
    """
    states = [_state([cell for cell in cells if cell.failed == k]) for k in range(size + 1)]
    end = next((k for k, state in enumerate(states) if state != "served"), size + 1)
    tolerance = end - 1 if 0 < end <= size and states[end] != "unknown" else None
    majority = None
    if "unknown" not in states:
        alive = [size - k for k, state in enumerate(states) if state == "served"]
        majority = min(alive, default=None)
    return SizeRow(size, states, majority, tolerance)


def cell_sentence(cell: CellRecord) -> Message:
    """Return what was measured in a cell."""
    served = is_served(cell) == "served"
    return message(
        "cell-served" if served else "cell-not-served",
        fault=cell.fault,
        members=", ".join(cell.members) or message("no-member"),
        alive=cell.size - cell.failed,
        size=cell.size,
        write_s=cell.write_s or 0.0,
        offered_s=cell.offered_s,
        offered=cell.offered,
    )


def _example(
    cells: Sequence[CellRecord], size: int, failed: int, state: ServedState
) -> list[Message]:
    """Return the sentence of a cell with this many failures in this state, if there is any."""
    of_state = [
        cell
        for cell in cells
        if (cell.size, cell.failed) == (size, failed) and is_served(cell) == state
    ]
    return [cell_sentence(cell) for cell in of_state[:1]]


def evidence_of(cells: Sequence[CellRecord], row: SizeRow, column: str) -> Message:
    """Return the two cells between which a size's majority or tolerance lies."""
    value = row.majority if column == "majority" else row.tolerance
    if value is None:
        return NO_EVIDENCE
    failed = row.size - value if column == "majority" else value
    served = _example(cells, row.size, failed, "served")
    return joined(*served, *_example(cells, row.size, failed + 1, "not-served"))


def _judge(
    row: SizeRow, column: str, measured: int | None, stated: int, cells: Sequence[CellRecord]
) -> Verdict:
    identity = f"size-{row.size}-{column}"
    if measured is None:
        reasons = [cell.reason for cell in cells if cell.size == row.size and cell.reason]
        note = reasons[0] if reasons else message("deciding-cells-not-measured")
        return Verdict(identity, column, "unknown", note)
    # The smaller majority, the larger tolerance of the two: whether that many failures are served
    # decides between them.
    if column == "majority":
        failed, more = row.size - min(measured, stated), stated < measured
    else:
        failed, more = max(measured, stated), stated > measured
    if 0 <= failed <= row.size:
        evidence = _example(cells, row.size, failed, "not-served" if more else "served")
    else:
        evidence = [message("size-cannot-have", size=row.size)]
    note = message(
        "stated-and-measured",
        column=message(column),
        size=row.size,
        stated=stated,
        measured=measured,
    )
    verdict: VerdictValue = "holds" if measured == stated else "violated"
    return Verdict(identity, column, verdict, joined(note, *evidence))


def residual_probability(cells: Sequence[CellRecord]) -> float | None:
    """Return an upper bound of the probability that a "not served" would have been served later.

    The bound holds three rounds of election. Of the cells that were served after their leader had
    failed, some needed more than one round; the upper limit of that share (Clopper-Pearson, 95 %),
    to the third power, bounds three failed rounds in a row, if rounds fail independently. None
    without such cells: then it is unknown.
    """
    elected = [cell for cell in cells if cell.leader_failed and is_served(cell) == "served"]
    if not elected:
        return None
    slow = sum((cell.write_s or 0.0) > cell.bound_s / 3 for cell in elected)
    if slow == len(elected):
        return 1.0
    # scipy.stats has it by name, and takes three seconds to import
    share = betaincinv(slow + 1, len(elected) - slow, 0.975)
    return float(share) ** 3


def analyse_tolerance(record: SurveyRecord, cells: Sequence[CellRecord]) -> ToleranceAnalysis:
    """Compute the tables and verdicts of a survey."""
    expected = {row.size: (row.majority, row.tolerance) for row in record.expected}
    rows = [size_row(size, [cell for cell in cells if cell.size == size]) for size in record.sizes]
    verdicts = []
    for row in rows:
        stated = expected.get(row.size) if expected else predicted(row.size)
        if stated is None:
            continue
        verdicts += [
            _judge(row, "majority", row.majority, stated[0], cells),
            _judge(row, "tolerance", row.tolerance, stated[1], cells),
        ]
    measured = [cell for cell in cells if is_served(cell) != "unknown"]
    verdicts.append(kept(measured, cell_sentence, "kept-in-cells"))
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
        of_size = [verdict for verdict in verdicts if verdict.id.startswith(f"size-{row.size}-")]
        stated = expected.get(row.size, (None, None))
        notes = [verdict.note for verdict in of_size if verdict.verdict != "holds"]
        table.append(
            {
                "size": row.size,
                "majority_measured": row.majority,
                "tolerance_measured": row.tolerance,
                "majority_predicted": predicted(row.size)[0],
                "tolerance_predicted": predicted(row.size)[1],
                "majority_expected": stated[0],
                "tolerance_expected": stated[1],
                "verdict": worst(verdict.verdict for verdict in of_size),
                "note": text_of(joined(*notes), "en"),
            }
        )
    # whole numbers stay whole where others are missing
    return pd.DataFrame(table).convert_dtypes()
