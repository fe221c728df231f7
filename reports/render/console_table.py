"""A table for a console."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ConsoleTable:
    """Title, columns and cells as texts; the first `text_columns` columns are not numbers."""

    title: str
    columns: tuple[str, ...]
    text_columns: int
    rows: list[list[str]]
