"""From measured cells to the tolerance table. Pure; no measurement depends on a prediction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
from scipy.special import betaincinv

from reports.analysis.planned_rows import rows_of_plan, sizes_of
from reports.analysis.served import as_stated, is_served, kept, serves_anything
from reports.bracket import NO_EVIDENCE
from reports.locale.catalogue import text_of
from reports.locale.message import joined, message
from reports.verdict import Verdict, worst

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.analysis.served import ServedState
    from reports.history.surveys import CellRecord, SurveyRecord
    from reports.locale.message import Message


@dataclass(frozen=True)
class SizeRow:
    """What was measured of clusters of a size; None where it is unknown."""

    size: int
    states: list[ServedState]
    majority: int | None
    tolerance: int | None


@dataclass(frozen=True)
class ToleranceAnalysis:
    """A measured table, judged. `cells`: all that were planned. `tables`: name -> data frame."""

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
    that served anything when the others had failed; it is known when every cell is.
    """
    states = [_state([cell for cell in cells if cell.failed == k]) for k in range(size + 1)]
    end = next((k for k, state in enumerate(states) if state != "served"), size + 1)
    tolerance = end - 1 if 0 < end <= size and states[end] != "unknown" else None
    majority = None
    if "unknown" not in states:
        alive = [size - cell.failed for cell in cells if serves_anything(cell)]
        majority = min(alive, default=None)
    return SizeRow(size, states, majority, tolerance)


def cell_sentence(cell: CellRecord) -> Message:
    """Return what was measured in a cell."""
    return message(
        _sentence_of(cell),
        fault=cell.fault,
        members=", ".join(cell.members) or message("no-member"),
        alive=cell.size - cell.failed,
        size=cell.size,
        write_s=cell.write_s or 0.0,
        sent_s=cell.sent_s,
        sent=cell.sent,
        reason=cell.reason or message("nothing-measured"),
    )


def _sentence_of(cell: CellRecord) -> str:
    if cell.write == "served":
        return "cell-only-written" if cell.read == "not-served" else "cell-served"
    if cell.read == "served":
        return "cell-only-read"
    return "cell-not-measured" if is_served(cell) == "unknown" else "cell-not-served"


def evidence_of(cells: Sequence[CellRecord], row: SizeRow, column: str) -> Message:
    """Return the two cells between which a size's majority or tolerance lies."""
    value = row.majority if column == "majority" else row.tolerance
    if value is None:
        return NO_EVIDENCE
    most = row.size - value if column == "majority" else value
    of_size = [cell for cell in cells if cell.size == row.size]
    served = [cell for cell in of_size if cell.failed == most and serves_anything(cell)]
    more = [
        cell
        for cell in of_size
        if cell.failed == most + 1 and as_stated(cell, serve=True) == "violated"
    ]
    return joined(*map(cell_sentence, served[:1] + more[:1]))


def _judge(row: SizeRow, column: str, stated: int, cells: Sequence[CellRecord]) -> Verdict:
    """Judge a stated number by every cell of its size.

    With as many failures as it allows everything is to be served, and with more of them nothing.
    """
    identity = f"size-{row.size}-{column}"
    measured = row.majority if column == "majority" else row.tolerance
    note = message(
        "stated-and-measured",
        column=message(column),
        size=row.size,
        stated=stated,
        measured="?" if measured is None else measured,
    )
    most = row.size - stated if column == "majority" else stated
    if not 0 <= most < row.size:
        impossible = message("size-cannot-have", size=row.size)
        return Verdict(identity, column, "violated", joined(note, impossible))
    of_size = [cell for cell in cells if cell.size == row.size]
    judged = [(as_stated(cell, serve=cell.failed <= most), cell) for cell in of_size]
    verdict = worst(result for result, _ in judged)
    deciding = [cell for result, cell in judged if result == verdict]
    if verdict == "violated":
        return Verdict(identity, column, verdict, joined(note, cell_sentence(deciding[0])))
    if verdict == "unknown" or "unknown" in row.states:
        reasons = [cell.reason for cell in deciding if verdict == "unknown" and cell.reason]
        note = reasons[0] if reasons else message("deciding-cells-not-measured")
        return Verdict(identity, column, "unknown", note)
    return Verdict(identity, column, verdict, joined(note, evidence_of(cells, row, column)))


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


def analyse_tolerance(record: SurveyRecord, recorded: Sequence[CellRecord]) -> ToleranceAnalysis:
    """Compute the tables and verdicts of a survey from the cells that were recorded."""
    cells = rows_of_plan(record.planned, recorded)
    expected = {row.size: (row.majority, row.tolerance) for row in record.expected}
    rows = [
        size_row(size, [cell for cell in cells if cell.size == size])
        for size in sizes_of(record, cells)
    ]
    verdicts = []
    for row in rows:
        stated = expected.get(row.size) if expected else predicted(row.size)
        if stated is None:
            continue
        verdicts += [
            _judge(row, "majority", stated[0], cells),
            _judge(row, "tolerance", stated[1], cells),
        ]
    verdicts.append(kept(cells, cell_sentence, "kept-in-cells"))
    tables = {
        "tolerance": _cell_table(cells),
        "majority": _majority_table(rows, expected, verdicts),
    }
    residual = residual_probability(cells)
    return ToleranceAnalysis(record, cells, rows, verdicts, tables, residual)


def _cell_table(cells: Sequence[CellRecord]) -> pd.DataFrame:
    rows = []
    for cell in cells:
        serve = cell.failed <= predicted(cell.size)[1]
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
                "predicted": "served" if serve else "not-served",
                "verdict": as_stated(cell, serve=serve),
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
