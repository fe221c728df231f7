"""Samples on disk: lines while a trial runs; Parquet after, by series and start.

So judging need not sort them again. Their numbers stay with them; their count is in the metadata.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from reports.history.files import MOST_OF_COLUMNS, MOST_ROWS, require_regular
from reports.history.lines import NUMBER, incomplete, of_another
from reports.history.schema import COLUMNS, SERIES, TIMES
from reports.locale.message import message

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from reports.locale.message import Message

_KINDS = {
    **dict.fromkeys(COLUMNS, pa.string()),
    **dict.fromkeys(TIMES, pa.float64()),
    **dict.fromkeys(("status", "client_port"), pa.int64()),
}
SCHEMA = pa.schema([pa.field(name, kind, nullable=False) for name, kind in _KINDS.items()])
# Few different texts, in as many rows as there are samples.
_FEW_VALUES = [*SERIES, "outcome", "error", "master"]
CODECS = {"SNAPPY", "UNCOMPRESSED"}
COUNT = b"halab_lines"
TRIAL = b"halab_trial"


def write_samples(table: pa.Table, path: Path, of: str) -> None:
    """Write the samples of a trial, in the order of their lines. Raises OSError.

    Times and numbers all differ: to compress or index them costs and saves nothing.
    """
    numbers = pa.array(np.arange(1, len(table) + 1, dtype=np.int32))
    table = table.append_column(NUMBER, numbers)
    table = table.sort_by([(name, "ascending") for name in (*SERIES, "started_s")])
    table = table.replace_schema_metadata({COUNT: str(len(table)), TRIAL: of})
    differing = {*TIMES, NUMBER}
    plain = {name: "NONE" if name in differing else "SNAPPY" for name in table.column_names}
    repeated = [name for name in table.column_names if name not in differing]
    pq.write_table(table, path, compression=plain, use_dictionary=repeated)


def read_samples(path: Path, columns: Sequence[str], damage: list[Message], of: str) -> pa.Table:
    """Read columns of a trial's samples; none when the file is broken: `damage` has it then."""
    none = SCHEMA.empty_table().select(list(columns))
    try:
        require_regular(path, MOST_OF_COLUMNS)
        wanted = [*columns, NUMBER]
        described = pq.read_metadata(path)
        if described.num_rows > MOST_ROWS:
            damage.append(message("too-many-rows", file=path.name, most=MOST_ROWS))
            return none
        if missing := sorted(set(wanted) - set(described.schema.names)):
            damage.append(message("columns-missing", file=path.name, columns=", ".join(missing)))
            return none
        _require_bounded(described)
        table = _typed(pq.read_table(path, columns=wanted, read_dictionary=_FEW_VALUES))
    except (OSError, ValueError, MemoryError, pa.ArrowException) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        damage.append(message("file-broken-by", file=path.name, error=reason[:200]))
        return none
    named = (table.schema.metadata or {}).get(TRIAL, b"").decode()
    damage += of_another(path.name, named, of)
    damage += _missing(path.name, table)
    return table.drop_columns([NUMBER])


def _require_bounded(described: pq.FileMetaData) -> None:
    """Check that a file is what its size lets expect. Raises ValueError.

    Codecs other than those that `write_samples` uses make gigabytes out of kilobytes.
    """
    groups = (described.row_group(number) for number in range(described.num_row_groups))
    columns = [group.column(place) for group in groups for place in range(group.num_columns)]
    if codecs := {column.compression for column in columns} - CODECS:
        raise ValueError(f"compressed by {min(codecs)}; {' and '.join(sorted(CODECS))} are read")
    if (size := sum(column.total_uncompressed_size for column in columns)) > MOST_OF_COLUMNS:
        raise ValueError(f"it becomes {size} bytes, at most {MOST_OF_COLUMNS} are read")


def _missing(name: str, table: pa.Table) -> list[Message]:
    """Return what the numbers of stored samples show, which lie in another order than they came."""
    stored = (table.schema.metadata or {}).get(COUNT, b"").decode()
    numbers, count = table[NUMBER].to_numpy(), len(table)
    there = np.zeros(count + 1, dtype=bool)
    there[numbers[(numbers > 0) & (numbers <= count)]] = True
    closed = int(stored) if stored.isdecimal() else None
    if closed == count and there[1:].all():
        return []
    if there[1:].all():
        numbers = np.arange(1, count + 1)
    closing = [] if closed is None else [closed + 1]
    return incomplete(name, [*numbers.tolist(), *closing], closed, count, ended=True)


def _typed(table: pa.Table) -> pa.Table:
    """Return samples as they should be, whatever tool wrote them. Raises ArrowException."""
    for place, field in enumerate(table.schema):
        kind = _KINDS.get(field.name, field.type)
        if field.name in _FEW_VALUES and not pa.types.is_dictionary(field.type):
            table = table.set_column(place, field.name, table[place].cast(kind).dictionary_encode())
        elif field.name not in _FEW_VALUES and field.type != kind:
            table = table.set_column(place, field.name, table[place].cast(kind))
    return table


def frame_of_samples(table: pa.Table) -> pd.DataFrame:
    """Return samples as a frame; what has few values becomes a category."""
    # what pandas wrote into a file about itself is not needed
    packed = _typed(table).unify_dictionaries()
    return cast("pd.DataFrame", packed.to_pandas(ignore_metadata=True, split_blocks=True))
