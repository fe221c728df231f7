"""Every version of every key in a history, and the writes that made them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.analysis.consistency.codes import REVISION_BITS

if TYPE_CHECKING:
    from reports.analysis.consistency.codes import Codes, Numbers, StoredVersions

MASK = (1 << REVISION_BITS) - 1


@dataclass(frozen=True)
class HistoryVersions:
    """`writes`: rows of the writes that happened, at `revision`. `fixed`: unanswered writes that
    happened, row -> revision.

    `version`: key and revision as one number, ascending, each once; `value`: by the write that
    made it or, without such a write, by the first operation that read it; `row`: that operation.
    """

    writes: Numbers
    revision: Numbers
    fixed: dict[int, int]
    version: Numbers
    value: Numbers
    row: Numbers

    def at(self, version: Numbers) -> Numbers:
        """Return the places of the newest versions at or below; -1 where a key has none."""
        place = np.searchsorted(self.version, version, "right") - 1
        key = (self.version[place] if self.version.size else version * 0 - 1) >> REVISION_BITS
        return np.where(key == version >> REVISION_BITS, place, -1)

    def following(self, place: Numbers, key: Numbers) -> Numbers:
        """Return the revisions of the next versions of keys after places; MASK where none is."""
        padded = np.append(self.version, -1)
        # a key without a version so far has its first one where it would be
        first = np.searchsorted(self.version, key << REVISION_BITS)
        after = padded[np.where(place >= 0, place + 1, first)]
        return np.where(after >> REVISION_BITS == key, after & MASK, MASK)


def versions_of(codes: Codes, stored: StoredVersions) -> HistoryVersions:
    """Place the unanswered writes whose value was read, and gather all versions."""
    fixed = _fix(codes, stored)
    answered = np.flatnonzero(codes.write)
    late = np.array(list(fixed), dtype=np.int64)
    writes = np.concatenate([answered, late])
    at = np.array(list(fixed.values()), dtype=np.int64)
    revision = np.concatenate([codes.revision[answered], at])
    read = np.flatnonzero((codes.read | codes.event) & (codes.mod_revision > 0))
    rows = np.concatenate([writes, read])
    version = codes.versions(np.concatenate([revision, codes.mod_revision[read]]), rows)
    # of one version the first counts: that is the write, where there is one
    version, first = np.unique(version, return_index=True)
    rows = rows[first]
    return HistoryVersions(writes, revision, fixed, version, codes.value[rows], rows)


def _fix(codes: Codes, stored: StoredVersions) -> dict[int, int]:
    """Return row -> revision of the unanswered writes whose value was read by any client."""
    rows = np.flatnonzero(codes.unanswered)
    sought = np.zeros(len(codes.values) + 1, dtype=np.bool_)
    sought[codes.value[rows]] = True
    read = np.flatnonzero(
        (codes.read | codes.event) & (codes.mod_revision > 0) & sought[codes.value]
    )
    present = np.flatnonzero(sought[stored.value])
    pairs = np.concatenate(
        [
            codes.pairs(codes.key[read], codes.value[read]),
            codes.pairs(stored.key[present], stored.value[present]),
        ]
    )
    at = np.concatenate([codes.mod_revision[read], stored.revision[present]])
    place = dict(zip(pairs.tolist(), at.tolist(), strict=True))  # what is present in the end counts
    written = codes.pairs(codes.key[rows], codes.value[rows]).tolist()
    return {
        row: place[pair] for row, pair in zip(rows.tolist(), written, strict=True) if pair in place
    }
