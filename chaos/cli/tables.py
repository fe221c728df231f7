"""Tables on the console."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from reports.locale.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.render.console_table import ConsoleTable

WIDTH = 120


def wide_console() -> Console:
    """Return a terminal as wide as it is; a file or a pipe has no width, and takes a table's."""
    return Console(width=None if sys.stdout.isatty() else WIDTH)


def print_table(rows: Sequence[Sequence[str]], width: int) -> None:
    """Print rows, heading first, in columns that fit into a width in characters."""
    heading, *rest = rows
    table = Table(*heading, box=None, pad_edge=False)
    for row in rest:
        table.add_row(*map(_cell, row))
    Console(width=width).print(table)


def print_console_table(console: Console, texts: ConsoleTable) -> None:
    """Print a table of a run: texts at the left, numbers at the right."""
    table = Table(title=texts.title or None, box=None, padding=(0, 1), title_justify="left")
    for place, column in enumerate(texts.columns):
        justify: Literal["left", "right"] = "left" if place < texts.text_columns else "right"
        table.add_column(column, justify=justify, no_wrap=place == texts.text_columns)
    for row in texts.rows:
        table.add_row(*map(_cell, row))
    console.print(table)


def _cell(text: str) -> Text:
    """Return what may be another program's text: it is no markup, and no terminal obeys it."""
    return Text(printable(text))
