"""Texts out of files and of other programs, before a terminal, a table or XML gets them.

A run directory may come from anybody. A terminal acts on control characters, XML has none, and
what turns the direction of writing around shows another text than there is.
"""

from __future__ import annotations

import re

# C0 but tab and line feed, delete, C1, turned directions, lone surrogates, what XML has not
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_LINE_ENDS = re.compile(r"[\n\t]+")


def printable(text: str) -> str:
    """Return a text with every character that acts instead of being shown written as its code."""
    return _UNSAFE.sub(_code, text)


def printable_line(text: str) -> str:
    """Return a text as one line of characters that are shown."""
    return printable(_LINE_ENDS.sub(" ", text))


def encodable(text: str) -> str:
    """Return a text, a path for example, with bytes that are no UTF-8 written as their codes."""
    return text.encode(errors="backslashreplace").decode()


def _code(character: re.Match[str]) -> str:
    number = ord(character[0])
    return f"\\u{number:04x}"
