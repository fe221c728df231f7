"""Operations on etcd and Kubernetes, a line of ops.jsonl each, and the versions that they leave.

A list is a line for each key that it was to find. A watch is a line for its opening, with the
revision after which it delivers and no key, and a line for each event, in the order of delivery.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from reports.history.columns import read_columns
from reports.history.events import LONGEST_S
from reports.locale.message import message

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from reports.locale.message import Message

Op = Literal["write", "read", "list", "watch"]
Outcome = Literal["ok", "fail", "unknown"]


@dataclass(frozen=True)
class Operation:
    """A request of a process. A write that got no answer is unknown: it may have happened.

    `revision`: of the store when it was served, 0 where the answer does not have it, as that of
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
    outcome: Outcome
    revision: int = 0
    mod_revision: int = 0
    via: str = ""
    stale: bool = False

    def line(self) -> dict[str, Any]:
        """Return it as it stands in ops.jsonl."""
        return dict(vars(self))

    @property
    def text(self) -> Message:
        """What was asked of what, when, and what came of it."""
        text = message(
            "operation-at-revision",
            process=self.process,
            op=self.op,
            key=self.key,
            value=str(self.value),
            revision=self.revision or self.mod_revision,
            invoke_s=self.invoke_s,
            complete_s=self.complete_s,
        )
        return message("operation-through", operation=text, via=self.via) if self.via else text


SCHEMA = pa.schema(
    [
        pa.field("process", pa.int64(), nullable=False),
        pa.field("op", pa.string(), nullable=False),
        pa.field("key", pa.string(), nullable=False),
        pa.field("value", pa.string()),
        pa.field("invoke_s", pa.float64(), nullable=False),
        pa.field("complete_s", pa.float64(), nullable=False),
        pa.field("outcome", pa.string(), nullable=False),
        pa.field("revision", pa.int64(), nullable=False),
        pa.field("mod_revision", pa.int64(), nullable=False),
        pa.field("via", pa.string(), nullable=False),
        pa.field("stale", pa.bool_(), nullable=False),
    ]
)
assert tuple(field.name for field in fields(Operation)) == tuple(SCHEMA.names)
_FEW_VALUES = ("op", "key", "outcome", "via")


def frame_of(operations: Iterable[Operation]) -> pd.DataFrame:
    """Return operations as a frame: one row each, in their order, a column a field."""
    return _frame(pa.Table.from_pylist([vars(operation) for operation in operations], SCHEMA))


def read_operations(
    path: Path, damage: list[Message], *, ended: bool = True, of: str = ""
) -> pd.DataFrame:
    """Read ops.jsonl as a frame. What is broken or missing is added to `damage`.

    `ended`, `of`: as of lines.read_lines.
    """
    table = read_columns(path, SCHEMA, damage, ended=ended, of=of)
    invoke_s, complete_s = (table[name].to_numpy() for name in ("invoke_s", "complete_s"))
    is_named = [
        pc.is_in(table[name], pa.array(get_args(values))).to_numpy()
        for name, values in (("op", Op), ("outcome", Outcome))
    ]
    timed = (invoke_s > -LONGEST_S) & (invoke_s <= complete_s) & (complete_s < LONGEST_S)
    # a version has a value, and a value a version
    valued = pc.is_valid(table["value"]).to_numpy() | (table["mod_revision"].to_numpy() == 0)
    if wrong := int((~(timed & valued & is_named[0] & is_named[1])).sum()):
        damage.append(message("operations-wrong", file=path.name, count=wrong))
    frame = _frame(table)
    # a process does one thing at a time
    if doubled := int(frame.duplicated(["process", "invoke_s", "key"]).sum()):
        damage.append(message("operations-recorded-twice", file=path.name, count=doubled))
    return frame


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
    records = cast("list[dict[str, Any]]", frame.iloc[list(rows)].to_dict("records"))
    return tuple(
        Operation(**{**row, "value": None if pd.isna(row["value"]) else row["value"]})
        for row in records
    )
