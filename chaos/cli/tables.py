"""Tables on the console."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def print_table(rows: Sequence[Sequence[str]], width: int) -> None:
    """Print rows, heading first, in columns that fit into a width in characters."""
    from rich.console import Console
    from rich.table import Table

    heading, *rest = rows
    table = Table(*heading, box=None, pad_edge=False)
    for row in rest:
        table.add_row(*row)
    Console(width=width).print(table)
