"""JSON out of a run directory, decoded to what can be computed with and written again."""

from __future__ import annotations

import re
from typing import Any

from pydantic_core import from_json

# no number that is computed with has more; a shorter one certainly fits into 64 bits
_LONG = re.compile("[0-9]{19}")
_LONG_BYTES = re.compile(_LONG.pattern.encode())
_BITS = 63


def decoded(text: str | bytes) -> Any:
    """Decode JSON. Raises ValueError, for half characters and integers beyond 64 bits too."""
    content = from_json(text)
    is_long = _LONG.search(text) if isinstance(text, str) else _LONG_BYTES.search(text)
    if is_long:
        _check_integers(content)
    return content


def _check_integers(content: Any) -> None:
    waiting = [content]
    while waiting:
        value = waiting.pop()
        if isinstance(value, int) and value.bit_length() > _BITS:
            raise ValueError("an integer has more than 64 bits")
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
