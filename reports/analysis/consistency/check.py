"""Whether a history of operations is linearizable, and whether anything was lost. Pure.

etcd and Kubernetes answer with the revision at which they did what: a write's point is its own
revision, a read's lies between the revision that it was served at and the next one. With the
points known there is nothing to search for: they must agree with real time and with one another,
which is checked in O(n log n). The idea is in "Testing Shared Memories" (Gibbons and Korach,
1997). A GET of Kubernetes has the revision of the object only, so its point has a range: from that
version up to the next version of that key. Ranges of reads change nothing in the check: the points
of all writes are known, so each read may take the earliest point that those before it allow.

What was not recorded proves nothing, and may explain what looks wrong. A rule at a time:

- unique: two recorded writes were acknowledged at one revision. Nothing explains it.
- order: of two recorded operations the later one shows an older state. A missing write would only
  move the latest point of a read without a revision forward, and make it worse.
- value: a read shows an older version than another recorded operation shows to be there, or another
  value of one version. Nothing explains it: versions come from what is recorded alone.
- repeated: one value at two recorded revisions, and each value is sent once. Nothing explains it.
- lost: a recorded write was acknowledged, or read, and the final read lacks it. Nothing explains
  it: final.json has the count of what was read.
- invented: **explained by a write that was not recorded**. Counted only where every operation is
  recorded, or where that very write is recorded as not done.
- watch: an event behind another one proves itself, the lines of a watch being in the order of their
  times. **A gap is explained by an event that was not recorded**: counted only of a watch of which
  all that it printed is recorded. What it never delivered after its last event is no gap: it may
  have been slow (recorded_operations).

What looks right is unknown where any operation is missing: it might show a violation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from reports.analysis.consistency.codes import encode
from reports.analysis.consistency.order import check_order
from reports.analysis.consistency.revisions import versions_of
from reports.analysis.consistency.versions import (
    check_invented,
    check_lost,
    check_repeated,
    check_unique,
    check_values,
)
from reports.analysis.consistency.violations import Violations
from reports.analysis.consistency.watches import check_watches
from reports.locale.message import message

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import pandas as pd

    from reports.analysis.consistency.codes import Codes
    from reports.analysis.consistency.violations import Rule, Violation
    from reports.history.final_state import Version
    from reports.locale.message import Message

# Fewer prove nothing: of a hundred operations a loss of 1 % shows once.
MINIMUM = 100


@dataclass(frozen=True)
class ConsistencyCheck:
    """The result of a check. `unknown`: why it is no proof even without a violation, None else.

    `counts`: violations by rule; `violations`: the first of each rule, with their operations.
    `acknowledged`: writes; `reads`: those answered; `events`: what watches delivered;
    `seen_later`: unanswered writes that happened.
    """

    acknowledged: int
    reads: int
    events: int
    unanswered: int
    seen_later: int
    counts: dict[Rule, int]
    violations: list[Violation]
    unknown: Message | None

    @property
    def lost(self) -> list[Violation]:
        """Writes that are gone, though they were acknowledged or read."""
        return [violation for violation in self.violations if violation.rule == "lost"]

    @property
    def verdict(self) -> Literal["holds", "violated", "unknown"]:
        """Violated where anything is wrong; unknown where there is too little to prove it right."""
        if self.violations:
            return "violated"
        return "unknown" if self.unknown else "holds"


def check(
    operations: pd.DataFrame,
    stored: Sequence[Version] | None,
    compacted: int = 0,
    minimum: int = MINIMUM,
    *,
    all_recorded: bool = True,
    whole_watches: Collection[int] | None = None,
) -> ConsistencyCheck:
    """Judge a history (reports.history.operations) against what the store has in the end.

    `stored`: every version of every key above the revision `compacted`, and below it at least the
    newest of each key; None where the store was not read, and then nothing holds. With a plain
    read of all keys `compacted` is the revision of that read. `all_recorded`: whether every request
    that was sent is in it. `whole_watches`: the processes of the watches of which everything is,
    None for all. Raises ReportError.
    """
    codes, stored_versions = encode(operations, stored or ())
    versions = versions_of(codes, stored_versions)
    violations = Violations(operations, versions.fixed)
    check_unique(versions, violations)
    check_order(codes, versions, violations)
    check_values(codes, versions, violations)
    check_invented(codes, versions, stored_versions, violations, all_recorded=all_recorded)
    check_repeated(codes, versions, stored_versions, violations)
    if stored is not None:
        check_lost(codes, versions, stored_versions, compacted, violations)
    complete = None if stored is None or compacted else stored_versions
    check_watches(codes, versions, complete, violations, whole_watches)
    return ConsistencyCheck(
        acknowledged=int(codes.write.sum()),
        reads=int(codes.read.sum()),
        events=int(codes.event.sum()),
        unanswered=int(codes.unanswered.sum()),
        seen_later=len(versions.fixed),
        counts=violations.counts,
        violations=violations.kept,
        unknown=_lack(codes, minimum, read_back=stored is not None),
    )


def _lack(codes: Codes, minimum: int, *, read_back: bool) -> Message | None:
    writes, reads = int(codes.write.sum()), int(codes.read.sum())
    if min(writes, reads) < minimum:
        return message("too-few-operations", writes=writes, reads=reads, needed=minimum)
    return None if read_back else message("not-read-back")
