"""Whether a history of writes and reads is what one consistent store could have answered. Pure.

Every answer of etcd carries a revision, so no search is needed: operations are sorted by it, which
is what makes the check O(n log n) (the idea: Gibbons and Korach, Testing Shared Memories, 1997).
A write's place is the revision that it made, a read's the one that it was served at. Equal times
count as concurrent. A write without an answer may have happened: it is placed where its value was
seen, with its end at infinity, and binds nobody where it was not.
"""

from __future__ import annotations

import bisect
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reports.history.ops import Op

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.history.ops import Version

# With fewer acknowledged writes, or reads, nothing is proved.
MINIMUM = 50
SHOWN = 5


@dataclass(frozen=True)
class Consistency:
    """What the check found: each list holds sentences with the operations that decide it."""

    writes: int
    reads: int
    lost: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)

    @property
    def thin(self) -> str:
        """Why too little was acknowledged to prove anything, or ""."""
        if min(self.writes, self.reads) >= MINIMUM:
            return ""
        return (
            f"only {self.writes} writes and {self.reads} reads were acknowledged, "
            f"{MINIMUM} of each are needed"
        )


def check(ops: Sequence[Op], final: Sequence[Version]) -> Consistency:
    """Check a history against the store's own final history of the same keys."""
    writes = [one for one in ops if (one.op, one.outcome) == ("write", "ok")]
    reads = [one for one in ops if (one.op, one.outcome) == ("read", "ok")]
    unanswered = [one for one in ops if (one.op, one.outcome) == ("write", "unknown")]
    placed = _placed(unanswered, reads, final)
    lost = _lost(writes, final)
    stale = [*_twice(writes), *_out_of_order([*writes, *reads, *placed])]
    stale += _wrong_values(reads, [*writes, *placed])
    return Consistency(len(writes), len(reads), lost, stale)


def _shown(one: Op) -> str:
    return (
        f"{one.op} of {one.key} = {one.value} at {one.member} "
        f"[{one.invoke_s:.3f}, {one.complete_s:.3f}] s, revision {one.revision}"
    )


def _placed(unanswered: Sequence[Op], reads: Sequence[Op], final: Sequence[Version]) -> list[Op]:
    """Place the writes without an answer whose value somebody saw."""
    seen = {(one.key, one.value): one.version for one in reads if one.version}
    seen |= {(one.key, one.value): one.revision for one in final}
    return [
        Op(
            one.process,
            "write",
            one.key,
            one.value,
            one.invoke_s,
            math.inf,
            "unknown",
            seen[one.key, one.value],
            member=one.member,
        )
        for one in unanswered
        if (one.key, one.value) in seen
    ]


def _lost(writes: Sequence[Op], final: Sequence[Version]) -> list[str]:
    """Every acknowledged write is in the final history, at its revision."""
    kept = {(one.revision, one.key, one.value) for one in final}
    return [_shown(one) for one in writes if (one.revision, one.key, one.value) not in kept]


def _twice(writes: Sequence[Op]) -> list[str]:
    """A revision is given to one write alone."""
    first: dict[int, Op] = {}
    found = []
    for one in writes:
        other = first.setdefault(one.revision, one)
        if other is not one:
            found.append(f"one revision for two: {_shown(other)}; {_shown(one)}")
    return found


def _out_of_order(ops: Sequence[Op]) -> list[str]:
    """What began after another had ended may not come before it.

    A write makes a new revision, so it must come after; a read may share it.
    """
    by_end = sorted((one for one in ops if one.complete_s < math.inf), key=lambda o: o.complete_s)
    ended, newest, found = 0, None, []
    for one in sorted(ops, key=lambda o: o.invoke_s):
        while ended < len(by_end) and by_end[ended].complete_s < one.invoke_s:
            if newest is None or by_end[ended].revision > newest.revision:
                newest = by_end[ended]
            ended += 1
        if newest is None:
            continue
        least = newest.revision + (1 if one.op == "write" else 0)
        if one.revision < least:
            found.append(f"{_shown(one)} began after {_shown(newest)} had ended")
    return found


def _wrong_values(reads: Sequence[Op], writes: Sequence[Op]) -> list[str]:
    """A read gives the newest value of its key at or below the revision it was served at."""
    by_key: dict[str, list[tuple[int, str | None]]] = {}
    for one in sorted(writes, key=lambda o: o.revision):
        by_key.setdefault(one.key, []).append((one.revision, one.value))
    found = []
    for one in reads:
        versions = by_key.get(one.key, [])
        place = bisect.bisect_right(versions, one.revision, key=lambda version: version[0])
        version, value = versions[place - 1] if place else (0, None)
        if (one.version, one.value) != (version, value):
            found.append(f"{_shown(one)} should have given {value} of revision {version}")
    return found
