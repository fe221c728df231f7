"""Every version of every key that a history knows of, and the writes that made them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.analysis.consistency.codes import REVISION_BITS

if TYPE_CHECKING:
    from reports.analysis.consistency.codes import Codes, Final, Numbers

MASK = (1 << REVISION_BITS) - 1


@dataclass(frozen=True)
class Known:
    """`writes`: rows of the writes that happened, at `revision`. `fixed`: those without an answer.

    `version`: key and revision as one number, ascending, each once; `value`: what it is, by the
    write that made it or, where nobody is known, by who saw it first; `row`: that operation.
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
        other = (self.version[place] if self.version.size else version * 0 - 1) >> REVISION_BITS
        return np.where(other == version >> REVISION_BITS, place, -1)

    def following(self, place: Numbers, key: Numbers) -> Numbers:
        """Return the revisions of the next versions of keys after places; MASK where none is."""
        padded = np.append(self.version, -1)
        # a key without a version so far has its first one where it would be
        first = np.searchsorted(self.version, key << REVISION_BITS)
        after = padded[np.where(place >= 0, place + 1, first)]
        return np.where(after >> REVISION_BITS == key, after & MASK, MASK)


def know(codes: Codes, final: Final) -> Known:
    """Place the unanswered writes that were seen, and gather all versions."""
    fixed = _fix(codes, final)
    answered = np.flatnonzero(codes.write)
    late = np.array(list(fixed), dtype=np.int64)
    writes = np.concatenate([answered, late])
    at = np.array(list(fixed.values()), dtype=np.int64)
    revision = np.concatenate([codes.revision[answered], at])
    seen = np.flatnonzero((codes.read | codes.event) & (codes.mod_revision > 0))
    rows = np.concatenate([writes, seen])
    version = codes.versions(np.concatenate([revision, codes.mod_revision[seen]]), rows)
    # of one version the first counts: that is the write, where there is one
    version, first = np.unique(version, return_index=True)
    rows = rows[first]
    return Known(writes, revision, fixed, version, codes.value[rows], rows)


def _fix(codes: Codes, final: Final) -> dict[int, int]:
    """Return row -> revision of the unanswered writes whose value was seen by anybody."""
    rows = np.flatnonzero(codes.unanswered)
    sought = np.zeros(len(codes.values) + 1, dtype=np.bool_)
    sought[codes.value[rows]] = True
    seen = np.flatnonzero(
        (codes.read | codes.event) & (codes.mod_revision > 0) & sought[codes.value]
    )
    there = np.flatnonzero(sought[final.value])
    pairs = np.concatenate(
        [
            codes.pairs(codes.key[seen], codes.value[seen]),
            codes.pairs(final.key[there], final.value[there]),
        ]
    )
    at = np.concatenate([codes.mod_revision[seen], final.revision[there]])
    place = dict(zip(pairs.tolist(), at.tolist(), strict=True))  # what is there in the end counts
    mine = codes.pairs(codes.key[rows], codes.value[rows]).tolist()
    return {
        row: place[pair] for row, pair in zip(rows.tolist(), mine, strict=True) if pair in place
    }
