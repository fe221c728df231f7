"""Whether every version seen is one that was written, once, and is still there in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reports.analysis.consistency.revisions import MASK

if TYPE_CHECKING:
    from reports.analysis.consistency.codes import Codes, Final, Numbers
    from reports.analysis.consistency.revisions import Known
    from reports.analysis.consistency.violations import Found


def check_unique(codes: Codes, known: Known, found: Found) -> None:  # noqa: ARG001
    """Two writes at one revision: one of them was taken back."""
    order = np.argsort(known.revision, kind="stable")
    revision = known.revision[order]
    same = np.flatnonzero(revision[1:] == revision[:-1]) + 1
    for one in found.add("unique", same):
        rows = known.writes[order[[one - 1, one]]].tolist()
        found.show("unique", f"two writes at {revision[one]}", rows)


def check_values(codes: Codes, known: Known, found: Found) -> None:
    """A read gives the newest version at its revision; where it does not say that, what it names.

    So does an event of a watch.
    """
    rows = np.flatnonzero(codes.read | codes.event)
    told = codes.read[rows] & (codes.revision[rows] > 0)
    at = np.where(told, codes.revision[rows], codes.mod_revision[rows])
    place = known.at(codes.versions(at, rows))
    there = place >= 0
    newest = np.where(there, known.version[place] & MASK if known.version.size else 0, 0)
    value = np.where(there, known.value[place] if known.value.size else 0, -1)
    wrong = (codes.mod_revision[rows] != newest) | (codes.value[rows] != value)
    for one in found.add("value", np.flatnonzero(wrong)):
        row = int(rows[one])
        key, text = codes.keys[codes.key[row]], codes.value_of(int(value[one]))
        note = f"the newest version of {key} at {at[one]} is {text} from {newest[one]}"
        shown = [int(known.row[place[one]]), row] if there[one] else [row]
        found.show("value", note, dict.fromkeys(shown))


def check_invented(codes: Codes, known: Known, final: Final, found: Found) -> None:
    """A version that nobody wrote, or whose write was said not to have happened."""
    written_rows = np.flatnonzero(codes.write | codes.unanswered)
    written = np.unique(codes.pairs(codes.key[written_rows], codes.value[written_rows]))
    pairs = codes.pairs(final.key, final.value)
    for one in found.add("invented", np.flatnonzero(~np.isin(pairs, written))):
        key, value = codes.keys[final.key[one]], codes.value_of(int(final.value[one]))
        found.show("invented", f"nobody wrote {key} = {value} at {final.revision[one]}")
    seen = known.row[~(codes.write | codes.unanswered)[known.row]]
    strange = seen[~np.isin(codes.pairs(codes.key[seen], codes.value[seen]), written)]
    for row in found.add("invented", strange):
        key, value = codes.keys[codes.key[row]], codes.value_of(int(codes.value[row]))
        found.show("invented", f"nobody wrote {key} = {value}, and it was seen", [row])


def check_repeated(codes: Codes, known: Known, final: Final, found: Found) -> None:
    """A write that took effect at two revisions: somebody sent it again."""
    key = np.concatenate([final.key, codes.key[known.row]])
    value = np.concatenate([final.value, known.value])
    revision = np.concatenate([final.revision, known.version & MASK])
    pairs = codes.pairs(key, value)
    order = np.lexsort((revision, pairs))
    pairs, revision = pairs[order], revision[order]
    again = (pairs[1:] == pairs[:-1]) & (revision[1:] != revision[:-1])
    if not again.any():
        return
    rows = np.flatnonzero(codes.write | codes.unanswered)
    mine = codes.pairs(codes.key[rows], codes.value[rows])
    for pair in found.add("repeated", np.unique(pairs[1:][again])):
        at = sorted(set(revision[pairs == pair].tolist()))
        sent = rows[mine == pair].tolist()
        found.show("repeated", f"written once, and there at revisions {at}", sent)


def check_lost(codes: Codes, known: Known, final: Final, compacted: int, found: Found) -> None:
    """A write that was seen and is neither there nor covered by a later version of its key."""
    rows = known.writes
    version = codes.versions(known.revision, rows)
    place = np.searchsorted(final.version, version)
    padded = np.append(final.version, -1)
    there = (padded[place] == version) & (np.append(final.value, -1)[place] == codes.value[rows])
    newest = _newest(codes, final)[codes.key[rows]]
    covered = (known.revision <= compacted) & (newest > known.revision)
    for one in found.add("lost", np.flatnonzero(~there & ~covered)):
        row = int(rows[one])
        seen = "seen" if row in known.fixed else "acknowledged"
        note = f"{seen} at {known.revision[one]}, and not there in the end"
        found.show("lost", note, [row])


def _newest(codes: Codes, final: Final) -> Numbers:
    """Return by key the revision of its newest version in the end, 0 where it has none."""
    newest = np.zeros(len(codes.keys), dtype=np.int64)
    newest[final.key] = final.revision  # by key and revision: the last one stays
    return newest
