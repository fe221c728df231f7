"""Tables as other programs read them: their sentences in English."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reports.locale.catalogue import text_of
from reports.locale.message import Message

if TYPE_CHECKING:
    import pandas as pd


def in_english(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with English text in the place of messages."""
    texts = {
        name: column.map(_text)
        for name, column in table.items()
        if column.dtype == object and any(isinstance(cell, Message) for cell in column)
    }
    return table.assign(**{str(name): column for name, column in texts.items()})


def _text(cell: Any) -> Any:
    return text_of(cell, "en") if isinstance(cell, Message) else cell
