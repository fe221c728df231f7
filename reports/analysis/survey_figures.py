"""The figures of a survey that claims are decided by; their names are in figure_names.

What was not measured widens a figure, or makes it unknown: the figure of the whole survey lies
within it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from reports.analysis.served import as_stated
from reports.analysis.splits import disjoint_served, layout, split_sentence, state_of
from reports.analysis.tolerance import evidence_of, predicted
from reports.bracket import Bracket, Figure, exact, unknown
from reports.locale.message import joined, message

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reports.analysis.splits import SplitsAnalysis
    from reports.analysis.tolerance import ToleranceAnalysis
    from reports.history.surveys import CellRecord, SplitRecord
    from reports.locale.message import Message
    from reports.verdict import VerdictValue


def tolerance_figures(analysis: ToleranceAnalysis) -> dict[str, Figure]:
    """Return majority_N and tolerance_N of each size, shares of served cells, what was lost."""
    figures = {}
    for row in analysis.rows:
        for name, value in (("majority", row.majority), ("tolerance", row.tolerance)):
            figures[f"{name}_{row.size}"] = (
                unknown(message("cells-of-size-not-measured", size=row.size))
                if value is None
                else exact(value, evidence_of(analysis.cells, row, name))
            )
    enough = [cell for cell in analysis.cells if cell.failed <= predicted(cell.size)[1]]
    too_few = [cell for cell in analysis.cells if cell.failed > predicted(cell.size)[1]]
    figures["served_with_majority"] = _share(
        [as_stated(cell, serve=True) for cell in enough], "holds"
    )
    figures["served_without_majority"] = _share(
        [as_stated(cell, serve=False) for cell in too_few], "violated"
    )
    return figures | _safety(analysis.cells)


def _share(cells: Sequence[VerdictValue], served: VerdictValue) -> Figure:
    """Return the share of cells that were served, which their verdict shows."""
    if not cells:
        return unknown(message("no-such-cell"))
    total, count, undecided = len(cells), cells.count(served), cells.count("unknown")
    evidence = message("share-of-cells", served=count, total=total, unknown=undecided)
    return Figure(Bracket(count / total, (count + undecided) / total), evidence)


def _safety(rows: Sequence[CellRecord | SplitRecord]) -> dict[str, Figure]:
    """Return how many acknowledged writes are lost, and after how many repairs members differed.

    What was lost or differed counts, whatever else of its row is unknown.
    """
    writes = sum(row.acknowledged for row in rows)
    lost = sum(len(row.lost) for row in rows)
    differing = sum(row.differing is not None for row in rows)
    missing = sum(not row.is_measured for row in rows)
    if not writes and not lost and not differing:
        return dict.fromkeys(("lost_writes", "differing_members"), unknown(message("no-write")))
    doubt = [message("not-measured-of", count=missing, total=len(rows))] if missing else []
    lost_writes = message("writes-missing", lost=lost, writes=writes)
    repairs = message("differing-after-repairs", differing=differing, count=len(rows) - missing)
    most_lost = math.inf if missing else float(lost)
    return {
        "lost_writes": Figure(Bracket(float(lost), most_lost), joined(lost_writes, *doubt)),
        "differing_members": Figure(
            Bracket(float(differing), float(differing + missing)), joined(repairs, *doubt)
        ),
    }


def split_figures(analysis: SplitsAnalysis) -> dict[str, Figure]:
    """Return in how many splits of a kind no side served, two did, or both halves of a bridge."""
    plain = [split for split in analysis.splits if not split.bridge]
    two = [split for split in plain if len(split.groups) == 2]
    bridged = [split for split in analysis.splits if split.bridge]
    return {
        "two_way_odd_unserved": _count([split for split in two if split.size % 2], _unserved),
        "two_way_even_unserved": _count([split for split in two if not split.size % 2], _unserved),
        "three_way_unserved": _count(
            [split for split in plain if len(split.groups) == 3], _unserved
        ),
        "two_served": _count(analysis.splits, disjoint_served),
        "bridged_served": _count(bridged, _both_halves),
        **_safety(analysis.splits),
    }


def _unserved(split: SplitRecord) -> bool | None:
    state = state_of(split)
    return None if state == "unknown" else state == "not-served"


def _both_halves(split: SplitRecord) -> bool | None:
    results = [as_stated(side, serve=True) for side in split.sides]
    if "violated" in results:
        return False
    return None if "unknown" in results else True


def _count(splits: Sequence[SplitRecord], passes: Callable[[SplitRecord], bool | None]) -> Figure:
    """Count the splits that pass; those of which it is unknown (None) widen the figure."""
    if not splits:
        return unknown(message("no-such-split"))
    results = [(passes(split), split) for split in splits]
    passing = [split for result, split in results if result]
    decided = [split for result, split in results if result is not None]
    undecided = len(splits) - len(decided)
    example = max(passing or decided or splits, key=lambda split: (len(split.groups), split.size))
    layouts: list[Message] = []
    for split in passing:
        if layout(split) not in layouts:
            layouts.append(layout(split))
    evidence = message(
        "splits-counted-by-layout" if layouts else "splits-counted",
        count=len(passing),
        total=len(splits),
        layouts=tuple(layouts),
    )
    count = Bracket(float(len(passing)), float(len(passing) + undecided))
    return Figure(count, joined(evidence, split_sentence(example)))
