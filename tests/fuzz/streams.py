"""Mutations of streams: of lines, and of samples in Parquet.

Each takes the bytes of a file and a source of chance, and returns new bytes with what was done to
them; None where the file has nothing that it could be done to. `renumber`: whether the numbers and
the count of what is left are made anew, so that neither of them can be what answers.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from reports.history.lines import CLOSED, NUMBER
from reports.history.parquet import COUNT

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    Mutated = tuple[bytes, str] | None
    Rows = list[dict[str, Any]]

LONGEST_BLOCK = 40


def _deleted(rows: Rows, chance: random.Random) -> str:
    place = chance.randrange(len(rows))
    return f"delete {place}: {str(rows.pop(place))[:160]}"


def _block_deleted(rows: Rows, chance: random.Random) -> str:
    first = chance.randrange(len(rows))
    last = min(len(rows), first + chance.randrange(2, LONGEST_BLOCK))
    del rows[first:last]
    return f"delete {first} to {last - 1}"


def _end_deleted(rows: Rows, chance: random.Random) -> str:
    first = chance.randrange(len(rows))
    del rows[first:]
    return f"delete {first} to the end"


def _doubled(rows: Rows, chance: random.Random) -> str:
    place, to = chance.randrange(len(rows)), chance.randrange(len(rows) + 1)
    to = chance.choice([place, to])
    rows.insert(to, dict(rows[place]))
    return f"copy {place} to {to}: {str(rows[to])[:160]}"


def _swapped(rows: Rows, chance: random.Random) -> str:
    first = chance.randrange(len(rows))
    second = chance.choice([(first + 1) % len(rows), chance.randrange(len(rows))])
    rows[first], rows[second] = rows[second], rows[first]
    return f"swap {first} and {second}: {str(rows[first])[:120]}, {str(rows[second])[:120]}"


def _field_deleted(rows: Rows, chance: random.Random) -> str:
    place = chance.randrange(len(rows))
    name = chance.choice([name for name in rows[place] if name != NUMBER])
    del rows[place][name]
    return f"delete {name} of {place}: {str(rows[place])[:160]}"


def _kind_deleted(rows: Rows, chance: random.Random) -> str:
    """Delete all rows like one: of its kind, or of its operation."""
    row = chance.choice(rows)
    name = next((name for name in ("kind", "op", "size") if name in row), None)
    if name is None:
        return _deleted(rows, chance)
    value = row[name]
    rows[:] = [row for row in rows if row.get(name) != value]
    return f"delete all of {name} {value}"


def _column_deleted(rows: Rows, chance: random.Random) -> str:
    name = chance.choice([name for name in chance.choice(rows) if name != NUMBER])
    for row in rows:
        row.pop(name, None)
    return f"delete the column {name}"


# how often each is drawn, one beside another
ROWS: list[Callable[[Rows, random.Random], str]] = [
    *[_deleted] * 4,
    *[_block_deleted, _end_deleted, _doubled, _doubled, _swapped, _swapped],
    *[_field_deleted, _field_deleted, _kind_deleted, _column_deleted],
]
SAMPLES: list[Callable[[Rows, random.Random], str]] = [
    *[_deleted] * 3,
    *[_block_deleted, _end_deleted, _doubled, _swapped, _column_deleted],
]


def truncated(content: bytes, chance: random.Random) -> Mutated:
    """Cut a file off at any byte."""
    if not content:
        return None
    length = chance.randrange(len(content))
    return content[:length], f"cut at byte {length} of {len(content)}"


def lines_mutated(content: bytes, chance: random.Random, *, renumber: bool) -> Mutated:
    """Change the lines of a stream; its closing line is made anew, or stays."""
    rows = [json.loads(line) for line in content.splitlines()]
    closing = rows.pop() if rows and CLOSED in rows[-1] else None
    if not rows:
        return None
    done = chance.choice(ROWS)(rows, chance)
    if closing and not renumber and chance.random() < 0.1:
        closing, done = None, f"{done}; delete the closing line"
    if renumber:
        rows = [{**row, NUMBER: number} for number, row in enumerate(rows, 1)]
        if closing:
            closing = {**closing, NUMBER: len(rows) + 1, CLOSED: len(rows)}
    return "".join(json.dumps(row) + "\n" for row in [*rows, closing] if row).encode(), done


def samples_mutated(content: bytes, chance: random.Random, *, renumber: bool) -> Mutated:
    """Change the rows of samples.parquet; its numbers and its count are made anew, or stay."""
    table = pq.read_table(pa.BufferReader(content))
    places = [{"place": place} for place in range(len(table))]
    if not places:
        return None
    change = chance.choice(SAMPLES)
    if change is _column_deleted:
        name = chance.choice([name for name in table.column_names if name != NUMBER])
        table, done = table.drop_columns([name]), f"delete the column {name}"
    else:
        done = change(places, chance)
        table = table.take(pa.array([row["place"] for row in places], pa.int64()))
    if renumber:
        numbers = pa.array(range(1, len(table) + 1), pa.int32())
        table = table.set_column(table.column_names.index(NUMBER), NUMBER, numbers)
        metadata = {**(table.schema.metadata or {}), COUNT: str(len(table)).encode()}
        table = table.replace_schema_metadata(metadata)
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="NONE")
    return sink.getvalue().to_pybytes(), done
