"""Samples on disk: Parquet, by series and start, so that judging need not sort them again."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pyarrow as pa
import pyarrow.parquet as pq

from reports.history.schema import SERIES, TIMES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

# Few different texts, in as many rows as there are samples.
_FEW_VALUES = [*SERIES, "outcome", "error", "master"]


def write_samples(frame: pd.DataFrame, path: Path) -> None:
    """Write samples. Times all differ: to compress or number them costs and saves nothing."""
    frame = frame.sort_values([*SERIES, "started_s"])
    table = pa.Table.from_pandas(frame, preserve_index=False)
    plain = {one: "NONE" if one in TIMES else "SNAPPY" for one in frame.columns}
    numbered = [one for one in frame.columns if one not in TIMES]
    pq.write_table(table, path, compression=plain, use_dictionary=numbered)


def read_samples(path: Path, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Read samples, of all columns or some; what has few values becomes a category.

    Raises OSError and pyarrow.ArrowException.
    """
    wanted = None if columns is None else list(columns)
    table = pq.read_table(path, columns=wanted, read_dictionary=_FEW_VALUES)
    # an old file, or another tool's, may hold them in another way
    for place, field in enumerate(table.schema):
        if field.name in _FEW_VALUES and not pa.types.is_dictionary(field.type):
            column = table[field.name].cast(pa.string()).dictionary_encode()
            table = table.set_column(place, field.name, column)
    # what pandas wrote into the file about itself is not needed
    frame = table.unify_dictionaries().to_pandas(ignore_metadata=True, split_blocks=True)
    return cast("pd.DataFrame", frame)
