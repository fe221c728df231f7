"""Whether a history of operations is linearizable, and whether anything was lost. Pure.

etcd and Kubernetes say at which revision they did what: a write's point is its own revision, a
read's lies between the revision that it was served at and the next one. With the points known
there is nothing to search for; what is left is to look whether they agree with real time and with
one another, in O(n log n). The idea is in "Testing Shared Memories" (Gibbons and Korach, 1997). A
GET of Kubernetes tells the revision of the object only, so its point has a range: from that
version up to the next one of that key. Ranges of reads change nothing in the check: the points of
all writes are known, so each read may take the earliest point that those before it allow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from reports.analysis.consistency.codes import encode
from reports.analysis.consistency.order import check_order
from reports.analysis.consistency.revisions import know
from reports.analysis.consistency.versions import (
    check_invented,
    check_lost,
    check_repeated,
    check_unique,
    check_values,
)
from reports.analysis.consistency.violations import Found, Rule, Violation
from reports.analysis.consistency.watches import check_watches

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from reports.analysis.consistency.codes import Codes
    from reports.history.final_state import Version

# Fewer prove nothing: a loss of one in a hundred would be seen once.
MINIMUM = 100


@dataclass(frozen=True)
class ConsistencyCheck:
    """What was found. `unknown`: why it is no proof even where nothing was found.

    `counts`: violations by rule; `violations`: the first of each rule, with their operations.
    `acknowledged`: writes; `reads`: those answered; `events`: what watches told.
    """

    acknowledged: int
    reads: int
    events: int
    unanswered: int
    seen_later: int
    counts: dict[Rule, int]
    violations: list[Violation]
    unknown: str

    @property
    def lost(self) -> list[Violation]:
        """Writes that are gone, though they were acknowledged or seen."""
        return [one for one in self.violations if one.rule == "lost"]

    @property
    def verdict(self) -> Literal["holds", "violated", "unknown"]:
        """Three values: what is too little proves nothing, but what is wrong is wrong."""
        if self.violations:
            return "violated"
        return "unknown" if self.unknown else "holds"


def check(
    operations: pd.DataFrame,
    final: Sequence[Version] | None,
    compacted: int = 0,
    minimum: int = MINIMUM,
) -> ConsistencyCheck:
    """Judge a history (reports.history.operations) against what the store has in the end.

    `final`: every version of every key above the revision `compacted`, and below it at least the
    newest of each key; None where the store was not read, and then nothing holds. With a plain
    read of all keys `compacted` is the revision of that read. Raises ReportError.
    """
    codes, there = encode(operations, final or ())
    known = know(codes, there)
    found = Found(operations, known.fixed)
    check_unique(codes, known, found)
    check_order(codes, known, found)
    check_values(codes, known, found)
    check_invented(codes, known, there, found)
    check_repeated(codes, known, there, found)
    if final is not None:
        check_lost(codes, known, there, compacted, found)
    check_watches(codes, known, None if final is None or compacted else there, found)
    return ConsistencyCheck(
        acknowledged=int(codes.write.sum()),
        reads=int(codes.read.sum()),
        events=int(codes.event.sum()),
        unanswered=int(codes.unanswered.sum()),
        seen_later=len(known.fixed),
        counts=found.counts,
        violations=found.shown,
        unknown=_lack(codes, minimum, read_back=final is not None),
    )


def _lack(codes: Codes, minimum: int, *, read_back: bool) -> str:
    writes, reads = int(codes.write.sum()), int(codes.read.sum())
    if min(writes, reads) < minimum:
        return (
            f"only {writes} writes were acknowledged and {reads} reads answered, "
            f"{minimum} of each are needed"
        )
    return "" if read_back else "what the store has in the end was not read"


__all__ = ["MINIMUM", "Check", "Rule", "Violation", "check"]
