"""Operations on etcd and Kubernetes, one line of ops.jsonl each, and the versions that they leave.

A list is one line for each key that it was to find. A watch is a line for its opening, with the
revision after which it tells and no key, and one for each event, in the order of delivery.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import pandas as pd
import pyarrow as pa
import pyarrow.json as pj
from pydantic import AliasChoices, Field, TypeAdapter

from reports.errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

Op = Literal["write", "read", "list", "watch"]


@dataclass(frozen=True)
class Operation:
    """One request of one process. A write that got no answer is unknown: it may have happened.

    `revision`: of the store when it was served, 0 where the answer does not tell it, as that of
    Kubernetes to a GET; `mod_revision`: of the key's version that was written or read, 0 for a
    key that was not there. `via`: the member or the worker that it went through. `stale`: an
    older state was asked for (resourceVersion=0). Times are seconds on one clock; an event of a
    watch begins and ends when it is delivered.
    """

    process: int
    op: Op
    key: str
    value: str | None
    invoke_s: float
    complete_s: float
    outcome: Literal["ok", "fail", "unknown"]
    revision: int = 0
    mod_revision: int = 0
    # `member` was its name before there were workers to go through
    via: Annotated[str, Field(validation_alias=AliasChoices("via", "member"))] = ""
    stale: bool = False

    def __str__(self) -> str:
        what = f"process {self.process} {self.op} {self.key} = {self.value}"
        where = f" through {self.via}" if self.via else ""
        at = self.revision or self.mod_revision
        return f"{what} at revision {at}, {self.invoke_s:.3f}-{self.complete_s:.3f} s{where}"


OPERATION_KEYS = tuple(field.name for field in fields(Operation))
_OPERATIONS = TypeAdapter(list[Operation])
SCHEMA = pa.schema(
    [
        ("process", pa.int64()),
        ("op", pa.string()),
        ("key", pa.string()),
        ("value", pa.string()),
        ("invoke_s", pa.float64()),
        ("complete_s", pa.float64()),
        ("outcome", pa.string()),
        ("revision", pa.int64()),
        ("mod_revision", pa.int64()),
        ("via", pa.string()),
        ("stale", pa.bool_()),
    ]
)
_FEW_VALUES = ("op", "key", "outcome", "via")


def operations_of(lines: list[dict[str, Any]]) -> list[Operation]:
    """Return decoded operations. Raises ValidationError."""
    return _OPERATIONS.validate_python(lines)


def frame_of(operations: Iterable[Operation]) -> pd.DataFrame:
    """Return operations as a frame: one row each, in their order, a column a field."""
    rows = [vars(one) for one in operations]
    return _frame(pa.Table.from_pylist(rows, schema=SCHEMA))


def read_operations(path: Path) -> pd.DataFrame:
    """Read ops.jsonl as a frame, a last line that was cut off left out. Raises ReportError."""
    try:
        text = path.read_bytes() if path.exists() else b""
    except OSError as error:
        raise ReportError(f"{path} cannot be read: {error}") from error
    text = text[: text.rfind(b"\n") + 1]
    if not text:
        return frame_of([])
    known = pa.schema([*SCHEMA, ("member", pa.string())])
    options = pj.ParseOptions(explicit_schema=known, unexpected_field_behavior="ignore")
    blocks = pj.ReadOptions(block_size=8 << 20)
    try:
        table = pj.read_json(pa.BufferReader(text), blocks, options)
    except pa.ArrowException as error:
        raise ReportError(f"{path} is broken: {error}") from error
    filled = {
        "via": table["member"] if table["via"].null_count == len(table) else table["via"],
        "stale": table["stale"].fill_null(False),
        "revision": table["revision"].fill_null(0),
        "mod_revision": table["mod_revision"].fill_null(0),
    }
    columns = [filled.get(name, table[name]) for name in SCHEMA.names]
    needed = set(SCHEMA.names) - {"value", "via"}
    for name, column in zip(SCHEMA.names, columns, strict=True):
        if name in needed and column.null_count:
            raise ReportError(f"{path} is broken: {column.null_count} operations lack {name}")
    return _frame(pa.table(columns, schema=SCHEMA))


def _frame(table: pa.Table) -> pd.DataFrame:
    """Return a frame on Arrow's columns; what has few values is a dictionary."""
    columns = [
        table[name].dictionary_encode() if name in _FEW_VALUES else table[name]
        for name in table.column_names
    ]
    packed = pa.table(columns, names=table.column_names)
    return cast("pd.DataFrame", packed.to_pandas(types_mapper=_types))


def _types(kind: pa.DataType) -> pd.ArrowDtype | None:
    """Keep long texts in Arrow; numbers without gaps are NumPy's, dictionaries are categories."""
    return pd.ArrowDtype(kind) if pa.types.is_string(kind) else None


def operations_at(frame: pd.DataFrame, rows: Sequence[int]) -> tuple[Operation, ...]:
    """Return rows of a frame as operations."""
    found = frame.iloc[list(rows)].to_dict("records")
    return tuple(
        Operation(**{**one, "value": None if pd.isna(one["value"]) else one["value"]})
        for one in cast("list[dict[str, Any]]", found)
    )
