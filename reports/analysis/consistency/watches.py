"""Whether every watch told every version, each once, in the order of revisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reports.analysis.consistency.revisions import MASK

if TYPE_CHECKING:
    from reports.analysis.consistency.codes import Codes, Final, Numbers
    from reports.analysis.consistency.revisions import Known
    from reports.analysis.consistency.violations import Found


def check_watches(codes: Codes, known: Known, final: Final | None, found: Found) -> None:
    """Check every watch: no step back, no duplicate, no gap between its opening and its end."""
    rows = np.flatnonzero(codes.watch)
    rows = rows[np.argsort(codes.process[rows], kind="stable")]
    if not rows.size:
        return
    revision = np.where(codes.event[rows], codes.mod_revision[rows], codes.revision[rows])
    same = codes.process[rows][1:] == codes.process[rows][:-1]
    # an opening is no event: what it is opened after may have been told already
    back = same & (revision[1:] <= revision[:-1]) & codes.event[rows][1:]
    back &= (revision[1:] < revision[:-1]) | codes.event[rows][:-1]
    for one in found.add("watch", np.flatnonzero(back)):
        before, now = int(revision[one]), int(revision[one + 1])
        what = "told twice" if before == now else f"told after {before}"
        found.show("watch", f"revision {now} was {what}", rows[[one, one + 1]].tolist())
    versions = np.unique(known.version & MASK if final is None else final.revision)
    edges = np.flatnonzero(np.append(True, ~same))
    for begin, end in zip(edges, np.append(edges[1:], len(rows)), strict=True):
        _check_gaps(codes, rows[begin:end], revision[begin:end], versions, found)


def _check_gaps(
    codes: Codes, rows: Numbers, revision: Numbers, versions: Numbers, found: Found
) -> None:
    since = int(revision[0]) - int(codes.event[rows[0]])
    told = np.unique(revision[codes.event[rows]])
    until = int(told[-1]) if told.size else since
    due = versions[(versions > since) & (versions <= until)]
    missing = np.setdiff1d(due, told, assume_unique=True)
    for one in found.add("watch", missing):
        after = int(np.flatnonzero(revision > one)[0])
        shown = rows[[after - 1, after]] if after else rows[[after]]
        found.show("watch", f"revision {one} was never told", shown.tolist())
