"""The figures of a survey that claims are decided by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.analysis.splits import disjoint_served, shown, state_of, title
from reports.analysis.tolerance import evidence_of, is_served, predicted
from reports.bracket import Bracket, Figure, exact, unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reports.analysis.splits import SplitsAnalysis
    from reports.analysis.tolerance import ToleranceAnalysis
    from reports.history.tolerance import CellRecord, SplitRecord


def tolerance_figures(analysis: ToleranceAnalysis) -> dict[str, Figure]:
    """Return majority_N and tolerance_N of each size, shares of served cells, what was lost."""
    figures = {}
    for row in analysis.rows:
        for name, value in (("majority", row.majority), ("tolerance", row.tolerance)):
            seen = evidence_of(analysis.cells, row, name)
            reason = f"the cells of {row.size} members that decide it were not measured"
            figures[f"{name}_{row.size}"] = unknown(reason) if value is None else exact(value, seen)
    enough = [one for one in analysis.cells if one.failed <= predicted(one.size)[1]]
    too_few = [one for one in analysis.cells if one.failed > predicted(one.size)[1]]
    figures["served_with_majority"] = _share(enough)
    figures["served_without_majority"] = _share(too_few)
    measured = [one for one in analysis.cells if is_served(one) != "unknown"]
    return figures | _safety(measured)


def _share(cells: Sequence[CellRecord]) -> Figure:
    """Return the share that was served; cells that are unknown widen it."""
    if not cells:
        return unknown("no such cell was measured")
    states = [is_served(one) for one in cells]
    served, open_ = states.count("served"), states.count("unknown")
    seen = f"{served} of {len(cells)} cells were served, {open_} could not be measured"
    return Figure(Bracket(served / len(cells), (served + open_) / len(cells)), seen)


def _safety(measured: Sequence[CellRecord | SplitRecord]) -> dict[str, Figure]:
    writes = sum(one.acknowledged for one in measured)
    if not writes:
        reason = "no write was acknowledged"
        return {"lost_writes": unknown(reason), "differing": unknown(reason)}
    lost, differing = (
        sum(len(one.lost) for one in measured),
        [one for one in measured if one.differing],
    )
    return {
        "lost_writes": exact(lost, f"{lost} of {writes} acknowledged writes are missing"),
        "differing": exact(
            len(differing),
            f"after {len(differing)} of {len(measured)} repairs the members' hashes differed",
        ),
    }


def split_figures(analysis: SplitsAnalysis) -> dict[str, Figure]:
    """Return in how many splits of a kind no side served, two did, or both halves of a bridge."""
    plain = [one for one in analysis.splits if not one.bridge]
    two = [one for one in plain if len(one.groups) == 2]
    bridged = [one for one in analysis.splits if one.bridge]
    return {
        "two_way_odd_unserved": _count([one for one in two if one.size % 2], _unserved),
        "two_way_even_unserved": _count([one for one in two if not one.size % 2], _unserved),
        "three_way_unserved": _count([one for one in plain if len(one.groups) == 3], _unserved),
        "two_served": _count(analysis.splits, lambda one: bool(disjoint_served(one))),
        "bridged_served": _count(bridged, _both_halves),
        **_safety([one for one in analysis.splits if one.sides]),
    }


def _unserved(split: SplitRecord) -> bool:
    return state_of(split) == "not-served"


def _both_halves(split: SplitRecord) -> bool:
    return all(is_served(side) == "served" for side in split.sides)


def _count(splits: Sequence[SplitRecord], test: Callable[[SplitRecord], bool]) -> Figure:
    """Count the splits that pass; those that are unknown widen the figure."""
    if not splits:
        return unknown("no such split was measured")
    known = [one for one in splits if one.sides and "unknown" not in map(is_served, one.sides)]
    passing = [one for one in known if test(one)]
    open_ = len(splits) - len(known)
    example = max(passing or known or splits, key=lambda one: (len(one.groups), one.size))
    kinds = dict.fromkeys(title(one).partition(",")[0] for one in passing)
    named = f" ({'; '.join(kinds)})" if kinds else ""
    seen = f"{len(passing)} of {len(splits)} splits{named}; {shown(example)}"
    return Figure(Bracket(float(len(passing)), float(len(passing) + open_)), seen)
