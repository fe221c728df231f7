"""Streams of flat objects as columns: millions of lines are a matter of seconds."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from reports.history.files import MOST_OF_COLUMNS, MOST_ROWS, read_regular
from reports.history.lines import CLOSED, NUMBER, OF, incomplete, of_another, read_lines
from reports.locale.message import message

if TYPE_CHECKING:
    from pathlib import Path

    from reports.locale.message import Message

_NUMBERED = [
    pa.field(NUMBER, pa.int64()),
    pa.field(CLOSED, pa.int64()),
    pa.field(OF, pa.string()),
]
_BLOCK_BYTES = 8 << 20


def read_columns(
    path: Path, schema: pa.Schema, damage: list[Message], *, ended: bool = True, of: str = ""
) -> pa.Table:
    """Decode a stream as the columns of `schema`, whose fields say what may be null.

    What is sound is returned; what is broken or missing is added to `damage`. `ended`, `of`: as of
    lines.read_lines.
    """
    try:
        text = read_regular(path, MOST_OF_COLUMNS)
        if text.count(b"\n") > MOST_ROWS:
            damage.append(message("too-many-rows", file=path.name, most=MOST_ROWS))
            return schema.empty_table()
        whole = text[: text.rfind(b"\n") + 1]
        table = _decoded(whole, schema)
    except (OSError, pa.ArrowException):
        table = _line_by_line(read_lines(path, damage, ended=ended, of=of), schema)
    else:
        if len(whole) < len(text):
            damage.append(message("line-cut", file=path.name, line=len(table) + 1))
        for row in table.filter(pc.is_valid(table[CLOSED])).to_pylist():
            damage += of_another(path.name, row[OF], of)
        table = _without_numbers(path.name, table, damage, ended=ended).select(schema.names)
    needed = [table[field.name] for field in schema if not field.nullable]
    if any(column.null_count for column in needed):
        sound = reduce(pc.and_, map(pc.is_valid, needed)).to_numpy()
        count, first = int((~sound).sum()), int(np.argmin(sound)) + 1
        damage.append(message("rows-left-out", file=path.name, count=count, first=first))
        table = table.filter(pa.array(sound))
    return table


def _without_numbers(name: str, table: pa.Table, damage: list[Message], *, ended: bool) -> pa.Table:
    """Take out the closing line, and check the numbers. A whole stream is not copied."""
    count, closed = len(table) - 1, table[CLOSED]
    numbers = table[NUMBER].to_numpy()
    ends = closed.null_count == count and closed[count].as_py() == count
    if ends and np.array_equal(numbers, np.arange(1, count + 2)):
        return table.slice(0, count)
    closing = pc.is_valid(closed)
    rows = table.filter(pc.invert(closing))
    last = next(iter(closed.filter(closing).to_pylist()), None)
    damage += incomplete(name, numbers.tolist(), last, len(rows), ended=ended)
    return rows


def _decoded(text: bytes, schema: pa.Schema) -> pa.Table:
    numbered = pa.schema([*(field.with_nullable(True) for field in schema), *_NUMBERED])
    if not text:
        return numbered.empty_table()
    return pj.read_json(
        pa.BufferReader(text),
        pj.ReadOptions(block_size=_BLOCK_BYTES),
        pj.ParseOptions(explicit_schema=numbered, unexpected_field_behavior="ignore"),
    )


def _line_by_line(rows: list[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    """Return rows as a table; those that do not fit the schema have nothing but nulls."""
    relaxed = pa.schema([field.with_nullable(True) for field in schema])
    return pa.Table.from_pylist([_fitting(row, schema) for row in rows], relaxed)


def _fitting(row: dict[str, Any], schema: pa.Schema) -> dict[str, Any]:
    fitting = {}
    for field in schema:
        value = row.get(field.name)
        try:
            typed = pa.scalar(value, field.type).as_py()
        except (ValueError, TypeError, OverflowError):
            return {}
        if typed != value or isinstance(typed, bool) != isinstance(value, bool):
            return {}
        fitting[field.name] = typed
    return fitting
