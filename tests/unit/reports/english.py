"""Messages as tests read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.locale.catalogue import text_of

if TYPE_CHECKING:
    from reports.locale.message import Message


def english(message: Message | None) -> str:
    """Return the English text of a message; "" for none."""
    return "" if message is None else text_of(message, "en")
