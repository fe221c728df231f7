"""The figures of a survey that claims are decided by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.analysis.served import is_served
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
    cells = analysis.cells
    enough = [cell for cell in cells if cell.failed <= predicted(cell.size)[1]]
    too_few = [cell for cell in cells if cell.failed > predicted(cell.size)[1]]
    figures["served_with_majority"] = _share(enough)
    figures["served_without_majority"] = _share(too_few)
    measured = [cell for cell in cells if is_served(cell) != "unknown"]
    return figures | _safety(measured)


def _share(cells: Sequence[CellRecord]) -> Figure:
    """Return the share that was served; cells that are unknown widen it."""
    if not cells:
        return unknown(message("no-such-cell"))
    states, total = [is_served(cell) for cell in cells], len(cells)
    served, undecided = states.count("served"), states.count("unknown")
    evidence = message("share-of-cells", served=served, total=total, unknown=undecided)
    return Figure(Bracket(served / total, (served + undecided) / total), evidence)


def _safety(measured: Sequence[CellRecord | SplitRecord]) -> dict[str, Figure]:
    writes = sum(row.acknowledged for row in measured)
    if not writes:
        return dict.fromkeys(("lost_writes", "differing"), unknown(message("no-write")))
    lost = sum(len(row.lost) for row in measured)
    differing = sum(row.differing is not None for row in measured)
    repairs = message("differing-after-repairs", differing=differing, count=len(measured))
    return {
        "lost_writes": exact(lost, message("writes-missing", lost=lost, writes=writes)),
        "differing": exact(differing, repairs),
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
        "two_served": _count(analysis.splits, lambda split: bool(disjoint_served(split))),
        "bridged_served": _count(bridged, _both_halves),
        **_safety([split for split in analysis.splits if split.sides]),
    }


def _unserved(split: SplitRecord) -> bool:
    return state_of(split) == "not-served"


def _both_halves(split: SplitRecord) -> bool:
    return all(is_served(side) == "served" for side in split.sides)


def _count(splits: Sequence[SplitRecord], test: Callable[[SplitRecord], bool]) -> Figure:
    """Count the splits that pass; those that are unknown widen the figure."""
    if not splits:
        return unknown(message("no-such-split"))
    decided = [
        split for split in splits if split.sides and "unknown" not in map(is_served, split.sides)
    ]
    passing = [split for split in decided if test(split)]
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
