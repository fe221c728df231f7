"""Whether operations took effect in an order that real time allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reports.analysis.consistency.revisions import MASK

if TYPE_CHECKING:
    from reports.analysis.consistency.codes import Codes, Numbers
    from reports.analysis.consistency.revisions import Known
    from reports.analysis.consistency.violations import Found

ENDLESS = 2 * MASK


def points(codes: Codes, known: Known, rows: Numbers) -> tuple[Numbers, Numbers]:
    """Return the earliest and the latest point of reads and events, as twice the revision.

    A write's is its own; a read's, one more, comes after the write of the revision that it was
    served at. Who does not say that revision lies between the version seen and the next one of
    that key. Who asked for an older state, and an event of a watch, only show that it was there.
    """
    revision, mod_revision = codes.revision[rows], codes.mod_revision[rows]
    told = revision > 0
    earliest = 2 * np.where(told, revision, mod_revision) + 1
    place = np.where(mod_revision > 0, known.at(codes.versions(mod_revision, rows)), -1)
    latest = np.where(told, earliest, 2 * known.following(place, codes.key[rows]) - 1)
    latest = np.where(codes.stale[rows] | codes.watch[rows], ENDLESS, latest)
    return earliest, latest


def check_order(codes: Codes, known: Known, found: Found) -> None:
    """What began after another had ended took effect before it. Equal times are concurrent."""
    others = np.flatnonzero(codes.read | codes.watch)
    rows = np.concatenate([known.writes, others])
    if not rows.size:
        return
    of_writes = 2 * known.revision
    earliest, latest = (np.concatenate([of_writes, ends]) for ends in points(codes, known, others))
    count = len(of_writes)
    complete_s = codes.complete_s[rows].copy()
    complete_s[count - len(known.fixed) : count] = np.inf
    by_end = np.argsort(complete_s, kind="stable")
    ended_s, reached = complete_s[by_end], np.maximum.accumulate(earliest[by_end])
    before = np.searchsorted(ended_s, codes.invoke_s[rows], "left")
    went_back = (before > 0) & (latest < reached[before - 1])
    for one in found.add("order", np.flatnonzero(went_back)):
        newest = by_end[np.argmax(earliest[by_end[: before[one]]])]
        first, second = found.operation(int(rows[newest])), found.operation(int(rows[one]))
        since, until = (op.revision or op.mod_revision for op in (first, second))
        note = f"{second.op} went back from revision {since} to {until}"
        found.show("order", note, (int(rows[newest]), int(rows[one])))
