"""A text of the reports in both languages."""

from __future__ import annotations

from typing import NamedTuple


class Both(NamedTuple):
    """The same in English and in Chinese."""

    en: str
    zh: str


Catalogue = dict[str, Both]
