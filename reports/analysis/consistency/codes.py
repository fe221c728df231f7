"""A history as numbers: what the rules compute with, a million operations at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from reports.errors import ReportError
from reports.locale.message import message

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from reports.history.final_state import Version

Numbers: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]
Seconds: TypeAlias = NDArray[np.float64]
# A version is one number, its key above its revision. A store that takes a thousand writes a
# second needs a century for so many revisions.
REVISION_BITS = 42
NOTHING = -1


@dataclass(frozen=True)
class StoredVersions:
    """The versions that the store has in the end, as codes: a place each, by key and revision."""

    key: Numbers
    value: Numbers
    revision: Numbers

    @property
    def version(self) -> Numbers:
        """Key and revision as one number."""
        return self.key << REVISION_BITS | self.revision


@dataclass(frozen=True)
class Codes:
    """The operations as codes, a place each. `value` is NOTHING for a key that was not there."""

    process: Numbers
    key: Numbers
    value: Numbers
    invoke_s: Seconds
    complete_s: Seconds
    revision: Numbers
    mod_revision: Numbers
    stale: Flags
    write: Flags
    read: Flags
    watch: Flags
    event: Flags
    unanswered: Flags
    not_done: Flags
    keys: list[str]
    values: pa.Array

    def value_of(self, code: int) -> str | None:
        """Return the text of a value's code."""
        return None if code == NOTHING else str(self.values[int(code)])

    def pairs(self, key: Numbers, value: Numbers) -> Numbers:
        """Return key and value as one number; a value is written once."""
        return key * (len(self.values) + 1) + value + 1

    def versions(self, revision: Numbers, rows: Numbers) -> Numbers:
        """Return the keys of operations at revisions, each as one number."""
        return self.key[rows] << REVISION_BITS | revision


def _codes(column: pd.Series[str], more: Sequence[str]) -> tuple[Numbers, Numbers, pa.Array]:
    """Number the texts of a column and of `more` alike. A text that is missing is NOTHING."""
    texts = pa.Array.from_pandas(column)
    chunks = texts.chunks if isinstance(texts, pa.ChunkedArray) else [texts]
    both = pa.chunked_array(
        [*(chunk.cast(pa.string()) for chunk in chunks), pa.array(more, pa.string())]
    )
    encoded = both.combine_chunks().dictionary_encode()
    numbers = pc.fill_null(encoded.indices, NOTHING).to_numpy(zero_copy_only=False)
    numbers = numbers.astype(np.int64)
    return numbers[: len(column)], numbers[len(column) :], encoded.dictionary


def encode(frame: pd.DataFrame, stored: Sequence[Version]) -> tuple[Codes, StoredVersions]:
    """Return operations (reports.history.operations.SCHEMA) and versions as codes.

    Raises ReportError for revisions that no store has.
    """
    key, stored_key, keys = _codes(frame["key"], [version.key for version in stored])
    value, stored_value, values = _codes(frame["value"], [version.value for version in stored])
    at = np.array([version.revision for version in stored], dtype=np.int64)
    revision = frame["revision"].to_numpy(np.int64)
    mod_revision = frame["mod_revision"].to_numpy(np.int64)
    for column in (revision, mod_revision, at):
        if column.size and (column.min() < 0 or column.max() >> REVISION_BITS):
            first, last = int(column.min()), int(column.max())
            raise ReportError(message("revisions-of-no-store", first=first, last=last))
    is_op = {name: (frame["op"] == name).to_numpy(bool) for name in ("write", "watch")}
    ok = (frame["outcome"] == "ok").to_numpy(bool)
    answered = ~is_op["write"] & ~is_op["watch"] & ok
    codes = Codes(
        process=frame["process"].to_numpy(np.int64),
        key=key,
        value=value,
        invoke_s=frame["invoke_s"].to_numpy(np.float64),
        complete_s=frame["complete_s"].to_numpy(np.float64),
        revision=revision,
        mod_revision=mod_revision,
        stale=frame["stale"].to_numpy(bool),
        write=is_op["write"] & ok,
        read=answered,
        watch=is_op["watch"] & ok,
        event=is_op["watch"] & ok & (mod_revision > 0),
        unanswered=is_op["write"] & (frame["outcome"] == "unknown").to_numpy(bool),
        not_done=is_op["write"] & (frame["outcome"] == "fail").to_numpy(bool),
        keys=keys.to_pylist(),
        values=values,
    )
    order = np.argsort(stored_key << REVISION_BITS | at, kind="stable")
    return codes, StoredVersions(stored_key[order], stored_value[order], at[order])
