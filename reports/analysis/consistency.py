"""Whether a history of operations on etcd is linearizable, and whether anything was lost. Pure.

etcd says at which revision it did what: a write's point is its own revision, a read's lies between
the revision that it was served at and the next one. With the points known there is nothing to
search for; what is left is to look whether they agree with real time and with one another, in
O(n log n). The idea is in "Testing Shared Memories" (Gibbons and Korach, 1997).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from reports.history.operations import Operation

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reports.history.operations import Version

Rule = Literal["unique", "order", "value", "invented", "lost"]
# Fewer prove nothing: a loss of one in a hundred would be seen once.
MINIMUM = 100


@dataclass(frozen=True)
class Violation:
    """A rule that was broken, and the operations that show it."""

    rule: Rule
    note: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True)
class Check:
    """What was found. `unknown`: why it is no proof even where nothing was found."""

    acknowledged: int
    reads: int
    unanswered: int
    seen_later: int
    violations: list[Violation]
    unknown: str

    @property
    def lost(self) -> list[Violation]:
        """Writes that are gone, though they were acknowledged or read."""
        return [one for one in self.violations if one.rule == "lost"]

    @property
    def stale(self) -> list[Violation]:
        """What went back, or was seen and is not so."""
        return [one for one in self.violations if one.rule != "lost"]

    @property
    def verdict(self) -> Literal["holds", "violated", "unknown"]:
        """Three values: what is too little proves nothing, but what is wrong is wrong."""
        if self.violations:
            return "violated"
        return "unknown" if self.unknown else "holds"


def check(
    operations: Sequence[Operation],
    final: Iterable[Version],
    compacted: int = 0,
    minimum: int = MINIMUM,
) -> Check:
    """Judge a history against what the store has in the end.

    `final`: every version of every key above the revision `compacted`, and below it at least the
    newest of each key. With a plain read of all keys `compacted` is the revision of that read.
    """
    versions = sorted(final, key=lambda one: one.revision)
    writes = [one for one in operations if one.op == "write" and one.outcome == "ok"]
    reads = [one for one in operations if one.op == "read" and one.outcome == "ok"]
    unanswered = [one for one in operations if (one.op, one.outcome) == ("write", "unknown")]
    fixed = _fix(unanswered, versions, reads)
    happened = [*writes, *fixed]
    found = [
        *_unique(happened),
        *_order(happened, reads),
        *_values(happened, reads),
        *_invented(happened, versions),
        *_lost(happened, versions, compacted),
    ]
    few = ""
    if min(len(writes), len(reads)) < minimum:
        few = (
            f"only {len(writes)} writes were acknowledged and {len(reads)} reads answered, "
            f"{minimum} of each are needed"
        )
    return Check(len(writes), len(reads), len(unanswered), len(fixed), found, few)


def _fix(
    unanswered: Sequence[Operation], versions: Sequence[Version], reads: Sequence[Operation]
) -> list[Operation]:
    """Return the unanswered writes that were seen later, at their revision, without an end."""
    seen = {(one.key, one.value): one.mod_revision for one in reads if one.mod_revision}
    seen |= {(one.key, one.value): one.revision for one in versions}
    return [
        Operation(
            one.process,
            "write",
            one.key,
            one.value,
            one.invoke_s,
            float("inf"),
            "ok",
            seen[one.key, one.value],
            seen[one.key, one.value],
            one.member,
        )
        for one in unanswered
        if (one.key, one.value) in seen
    ]


def _unique(writes: Sequence[Operation]) -> list[Violation]:
    """Two writes at one revision: one of them was taken back."""
    at: dict[int, Operation] = {}
    found = []
    for one in writes:
        other = at.setdefault(one.revision, one)
        if other is not one:
            found.append(Violation("unique", f"two writes at {one.revision}", (other, one)))
    return found


def _order(writes: Sequence[Operation], reads: Sequence[Operation]) -> list[Violation]:
    """What began after another had ended took effect before it. Equal times are concurrent."""
    everything = [*writes, *reads]
    ended = sorted(everything, key=lambda one: one.complete_s)
    newest: Operation | None = None
    place = 0
    found = []
    for one in sorted(everything, key=lambda one: one.invoke_s):
        while ended[place].complete_s < one.invoke_s:
            if newest is None or ended[place].point > newest.point:
                newest = ended[place]
            place += 1
        if newest is not None and one.point < newest.point:
            note = f"{one.op} went back from revision {newest.revision} to {one.revision}"
            found.append(Violation("order", note, (newest, one)))
    return found


def _values(writes: Sequence[Operation], reads: Sequence[Operation]) -> list[Violation]:
    """A read's value must be the newest at or below its revision, of all that is known."""
    known: dict[str, dict[int, str | None]] = defaultdict(dict)
    for one in (*writes, *(read for read in reads if read.mod_revision)):
        known[one.key].setdefault(one.mod_revision, one.value)
    revisions = {key: sorted(values) for key, values in known.items()}
    found = []
    for one in reads:
        before = bisect_right(revisions.get(one.key, []), one.revision)
        newest = revisions[one.key][before - 1] if before else 0
        value = known[one.key][newest] if newest else None
        if (one.mod_revision, one.value) != (newest, value):
            note = f"the newest version of {one.key} at {one.revision} is {value} from {newest}"
            found.append(Violation("value", note, (one,)))
    return found


def _invented(writes: Sequence[Operation], versions: Sequence[Version]) -> list[Violation]:
    """A version that nobody wrote, or whose write was said not to have happened."""
    written = {(one.key, one.value) for one in writes}
    return [
        Violation("invented", f"nobody wrote {one.key} = {one.value} at {one.revision}", ())
        for one in versions
        if (one.key, one.value) not in written
    ]


def _lost(
    writes: Sequence[Operation], versions: Sequence[Version], compacted: int
) -> list[Violation]:
    """A write that was seen and is neither there nor covered by a later version of its key."""
    there = {(one.revision, one.key, one.value) for one in versions}
    newest = {one.key: one.revision for one in versions}
    found = []
    for one in writes:
        covered = one.revision <= compacted and newest.get(one.key, 0) > one.revision
        if not covered and (one.revision, one.key, one.value) not in there:
            seen = "read" if one.complete_s == float("inf") else "acknowledged"
            note = f"{seen} at {one.revision}, and not there in the end"
            found.append(Violation("lost", note, (one,)))
    return found
