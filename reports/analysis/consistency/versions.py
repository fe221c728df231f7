"""Whether every version that was read was written, once, and is still there in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reports.analysis.consistency.revisions import MASK
from reports.locale.message import message

if TYPE_CHECKING:
    from reports.analysis.consistency.codes import Codes, Flags, Numbers, StoredVersions
    from reports.analysis.consistency.revisions import HistoryVersions
    from reports.analysis.consistency.violations import Violations


def check_unique(versions: HistoryVersions, violations: Violations) -> None:
    """Find two writes at the same revision: either of them was taken back."""
    order = np.argsort(versions.revision, kind="stable")
    revision = versions.revision[order]
    same = np.flatnonzero(revision[1:] == revision[:-1]) + 1
    for place in violations.add("unique", same):
        rows = versions.writes[order[[place - 1, place]]].tolist()
        note = message("two-writes", revision=int(revision[place]))
        violations.keep("unique", note, rows)


def check_values(codes: Codes, versions: HistoryVersions, violations: Violations) -> None:
    """Find reads of another version than the newest at their revision.

    A read without a revision, and an event of a watch, must be of the version that they name.
    """
    rows = np.flatnonzero(codes.read | codes.event)
    answered = codes.read[rows] & (codes.revision[rows] > 0)
    at = np.where(answered, codes.revision[rows], codes.mod_revision[rows])
    place = versions.at(codes.versions(at, rows))
    exists = place >= 0
    newest = np.where(exists, versions.version[place] & MASK if versions.version.size else 0, 0)
    value = np.where(exists, versions.value[place] if versions.value.size else 0, -1)
    wrong = (codes.mod_revision[rows] != newest) | (codes.value[rows] != value)
    for which in violations.add("value", np.flatnonzero(wrong)):
        row = int(rows[which])
        note = message(
            "another-version",
            key=codes.keys[codes.key[row]],
            at=int(at[which]),
            value=str(codes.value_of(int(value[which]))),
            newest=int(newest[which]),
        )
        operations = [int(versions.row[place[which]]), row] if exists[which] else [row]
        violations.keep("value", note, dict.fromkeys(operations))


def check_invented(
    codes: Codes,
    versions: HistoryVersions,
    stored: StoredVersions,
    violations: Violations,
    *,
    all_recorded: bool,
) -> None:
    """Find versions that nobody wrote, or whose write was answered as not done.

    A version that nobody wrote shows nothing where not every write is recorded.
    """

    def invented(pairs: Numbers) -> Flags:
        flags: Flags = ~np.isin(pairs, _pairs(codes, codes.write | codes.unanswered))
        return flags if all_recorded else flags & np.isin(pairs, _pairs(codes, codes.not_done))

    pairs = codes.pairs(stored.key, stored.value)
    for place in violations.add("invented", np.flatnonzero(invented(pairs))):
        note = message(
            "never-written",
            key=codes.keys[stored.key[place]],
            value=str(codes.value_of(int(stored.value[place]))),
            revision=int(stored.revision[place]),
        )
        violations.keep("invented", note)
    read = versions.row[~(codes.write | codes.unanswered)[versions.row]]
    unwritten = read[invented(codes.pairs(codes.key[read], codes.value[read]))]
    for row in violations.add("invented", unwritten):
        value = str(codes.value_of(int(codes.value[row])))
        note = message("read-never-written", key=codes.keys[codes.key[row]], value=value)
        violations.keep("invented", note, [row])


def _pairs(codes: Codes, which: Flags) -> Numbers:
    """Return key and value of operations, each pair once."""
    rows = np.flatnonzero(which)
    return np.unique(codes.pairs(codes.key[rows], codes.value[rows]))


def check_repeated(
    codes: Codes, versions: HistoryVersions, stored: StoredVersions, violations: Violations
) -> None:
    """Find writes that took effect at two revisions: they were sent again."""
    key = np.concatenate([stored.key, codes.key[versions.row]])
    value = np.concatenate([stored.value, versions.value])
    revision = np.concatenate([stored.revision, versions.version & MASK])
    pairs = codes.pairs(key, value)
    order = np.lexsort((revision, pairs))
    pairs, revision = pairs[order], revision[order]
    again = (pairs[1:] == pairs[:-1]) & (revision[1:] != revision[:-1])
    if not again.any():
        return
    rows = np.flatnonzero(codes.write | codes.unanswered)
    sent = codes.pairs(codes.key[rows], codes.value[rows])
    for pair in violations.add("repeated", np.unique(pairs[1:][again])):
        at = sorted(set(revision[pairs == pair].tolist()))
        note = message("written-twice", revisions=", ".join(map(str, at)))
        violations.keep("repeated", note, rows[sent == pair].tolist())


def check_lost(
    codes: Codes,
    versions: HistoryVersions,
    stored: StoredVersions,
    compacted: int,
    violations: Violations,
) -> None:
    """Find writes that happened, and are neither there nor covered by a later version."""
    rows = versions.writes
    version = codes.versions(versions.revision, rows)
    place = np.searchsorted(stored.version, version)
    padded = np.append(stored.version, -1)
    present = (padded[place] == version) & (np.append(stored.value, -1)[place] == codes.value[rows])
    newest = _newest(codes, stored)[codes.key[rows]]
    covered = (versions.revision <= compacted) & (newest > versions.revision)
    for lost in violations.add("lost", np.flatnonzero(~present & ~covered)):
        row, revision = int(rows[lost]), int(versions.revision[lost])
        key = "seen-and-lost" if row in versions.fixed else "acknowledged-and-lost"
        violations.keep("lost", message(key, revision=revision), [row])


def _newest(codes: Codes, stored: StoredVersions) -> Numbers:
    """Return by key the revision of its newest version in the end, 0 for a key without any."""
    newest = np.zeros(len(codes.keys), dtype=np.int64)
    newest[stored.key] = stored.revision  # by key and revision: the last stays
    return newest
