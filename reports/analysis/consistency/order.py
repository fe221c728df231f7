"""Whether operations took effect in an order that real time allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reports.analysis.consistency.revisions import MASK
from reports.locale.message import Message, message

if TYPE_CHECKING:
    from reports.analysis.consistency.codes import Codes, Numbers
    from reports.analysis.consistency.revisions import HistoryVersions
    from reports.analysis.consistency.violations import Violations

ENDLESS = 2 * MASK


def points(codes: Codes, versions: HistoryVersions, rows: Numbers) -> tuple[Numbers, Numbers]:
    """Return the earliest and the latest point of reads and events, as twice the revision.

    A write's is its own; a read's, one more, comes after the write of the revision that it was
    served at. A read without that revision lies between the version read and the next version of
    that key. A read of an older state, and an event of a watch, only show that it was there.
    """
    revision, mod_revision = codes.revision[rows], codes.mod_revision[rows]
    answered = revision > 0
    earliest = 2 * np.where(answered, revision, mod_revision) + 1
    place = np.where(mod_revision > 0, versions.at(codes.versions(mod_revision, rows)), -1)
    latest = np.where(answered, earliest, 2 * versions.following(place, codes.key[rows]) - 1)
    latest = np.where(codes.stale[rows] | codes.watch[rows], ENDLESS, latest)
    return earliest, latest


def check_order(codes: Codes, versions: HistoryVersions, violations: Violations) -> None:
    """Find operations that began after another had ended, and took effect before it.

    Equal times are concurrent.
    """
    reads = np.flatnonzero(codes.read | codes.watch)
    rows = np.concatenate([versions.writes, reads])
    if not rows.size:
        return
    of_writes = 2 * versions.revision
    earliest, latest = (
        np.concatenate([of_writes, ends]) for ends in points(codes, versions, reads)
    )
    count = len(of_writes)
    complete_s = codes.complete_s[rows].copy()
    complete_s[count - len(versions.fixed) : count] = np.inf
    by_end = np.argsort(complete_s, kind="stable")
    ended_s, reached = complete_s[by_end], np.maximum.accumulate(earliest[by_end])
    before = np.searchsorted(ended_s, codes.invoke_s[rows], "left")
    went_back = (before > 0) & (latest < reached[before - 1])
    for place in violations.add("order", np.flatnonzero(went_back)):
        newest = by_end[np.argmax(earliest[by_end[: before[place]]])]
        pair = (int(rows[newest]), int(rows[place]))
        first, second = map(violations.operation, pair)
        since, until = (op.revision or op.mod_revision for op in (first, second))
        note = message("went-back", op=Message(second.op), before=since, after=until)
        violations.keep("order", note, pair)
