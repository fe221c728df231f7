"""A user's table to compare with: size, majority, tolerance, with a header line."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from chaos.errors import InputError
from chaos.survey.cells import MAX_SIZE
from chaos.user_file import read_user_text
from reports.history.surveys import ExpectedRow

if TYPE_CHECKING:
    from pathlib import Path

EXPECTED_COLUMNS = ["size", "majority", "tolerance"]


def read_expected(path: Path) -> list[ExpectedRow]:
    """Read an expected table. Raises InputError with the line."""
    try:
        reader = csv.reader(io.StringIO(read_user_text(path), newline=""))
        rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if row]
    except csv.Error as error:
        raise InputError(f"cannot read {path}: {error}") from error
    if not rows or [cell.lower() for cell in rows[0][1]] != EXPECTED_COLUMNS:
        raise InputError(f"{path}:1: the header must be {','.join(EXPECTED_COLUMNS)}")
    expected: dict[int, ExpectedRow] = {}
    for line, cells in rows[1:]:
        row = _row(cells, f"{path}:{line}")
        if row.size in expected:
            raise InputError(f"{path}:{line}: size {row.size} is there twice")
        expected[row.size] = row
    if not expected:
        raise InputError(f"{path}: the table has no rows")
    return list(expected.values())


def _row(cells: list[str], place: str) -> ExpectedRow:
    if len(cells) != len(EXPECTED_COLUMNS):
        raise InputError(f"{place}: {len(cells)} cells, wanted {','.join(EXPECTED_COLUMNS)}")
    if bad := [cell for cell in cells if not cell.isascii() or not cell.isdigit()]:
        raise InputError(f"{place}: {bad[0]!r} is no number")
    size, majority, tolerance = (int(cell[:4]) for cell in cells)
    if not 1 <= size <= MAX_SIZE:
        raise InputError(f"{place}: size {size} is not within 1-{MAX_SIZE}")
    return ExpectedRow(size=size, majority=majority, tolerance=tolerance)
