"""Whether the runs of two sides were made by turns: a machine that drifts looks like a change."""

from __future__ import annotations

import itertools
from datetime import datetime
from typing import TYPE_CHECKING

from reports.locale.message import message

if TYPE_CHECKING:
    from reports.compare.sides import Side
    from reports.locale.message import Message

# Two runs of each side, begun by turns, are the least that a drift shows in.
LEAST_RUNS = 2


def turns_remark(a: Side, b: Side) -> Message | None:
    """Return a remark where A and B were not run by turns; None where they were.

    By turns: in the order of their beginnings the side changes at least as often as there are runs
    of the side that has fewer (A B A B, A B B A).
    """
    runs = [(datetime.fromisoformat(run.started_at), "A") for run in a.runs]
    runs += [(datetime.fromisoformat(run.started_at), "B") for run in b.runs]
    sides = [side for _, side in sorted(runs)]
    changes = sum(before != after for before, after in itertools.pairwise(sides))
    fewer = min(len(a.runs), len(b.runs))
    if fewer >= LEAST_RUNS and changes >= fewer:
        return None
    return message("not-by-turns", order=" ".join(sides))
