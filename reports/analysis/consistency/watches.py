"""Whether every watch delivered every version, each once, in the order of revisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reports.analysis.consistency.revisions import MASK
from reports.locale.message import message

if TYPE_CHECKING:
    from collections.abc import Collection

    from reports.analysis.consistency.codes import Codes, Numbers, StoredVersions
    from reports.analysis.consistency.revisions import HistoryVersions
    from reports.analysis.consistency.violations import Violations


def check_watches(
    codes: Codes,
    versions: HistoryVersions,
    stored: StoredVersions | None,
    violations: Violations,
    whole: Collection[int] | None,
) -> None:
    """Check every watch: no step back, no duplicate, no gap between its opening and its end.

    `whole`: the processes of which everything is recorded, so that a gap is one; None for all.
    """
    rows = np.flatnonzero(codes.watch)
    rows = rows[np.argsort(codes.process[rows], kind="stable")]
    if not rows.size:
        return
    revision = np.where(codes.event[rows], codes.mod_revision[rows], codes.revision[rows])
    same = codes.process[rows][1:] == codes.process[rows][:-1]
    # an opening is no event: the revision it is opened after may have been delivered already
    back = same & (revision[1:] <= revision[:-1]) & codes.event[rows][1:]
    back &= (revision[1:] < revision[:-1]) | codes.event[rows][:-1]
    for place in violations.add("watch", np.flatnonzero(back)):
        before, now = int(revision[place]), int(revision[place + 1])
        note = message("delivered-twice", revision=now)
        if before != now:
            note = message("delivered-late", revision=now, before=before)
        violations.keep("watch", note, rows[[place, place + 1]].tolist())
    due_versions = np.unique(versions.version & MASK if stored is None else stored.revision)
    edges = np.flatnonzero(np.append(True, ~same))
    for begin, end in zip(edges, np.append(edges[1:], len(rows)), strict=True):
        if whole is None or int(codes.process[rows[begin]]) in whole:
            _check_gaps(codes, rows[begin:end], revision[begin:end], due_versions, violations)


def _check_gaps(
    codes: Codes, rows: Numbers, revision: Numbers, due_versions: Numbers, violations: Violations
) -> None:
    since = int(revision[0]) - int(codes.event[rows[0]])
    delivered = np.unique(revision[codes.event[rows]])
    until = int(delivered[-1]) if delivered.size else since
    due = due_versions[(due_versions > since) & (due_versions <= until)]
    missing = np.setdiff1d(due, delivered, assume_unique=True)
    for absent in violations.add("watch", missing):
        after = int(np.flatnonzero(revision > absent)[0])
        around = rows[[after - 1, after]] if after else rows[[after]]
        violations.keep("watch", message("never-delivered", revision=absent), around.tolist())
