"""All words of the reports: one name, one text, whichever page says it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.render.words.claims import CLAIMS
from reports.render.words.common import COMMON
from reports.render.words.operations import OPERATIONS
from reports.render.words.suite import SUITE
from reports.render.words.surveys import SURVEYS
from reports.render.words.trials import TRIALS

if TYPE_CHECKING:
    from reports.render.words.both import Catalogue

LANGUAGES = ("en", "zh")
PARTS: tuple[Catalogue, ...] = (COMMON, SUITE, TRIALS, OPERATIONS, SURVEYS, CLAIMS)
Words = dict[str, str]


def words_of(lang: str) -> Words:
    """Return the words of a language, by name."""
    place = LANGUAGES.index(lang)
    return {name: text[place] for part in PARTS for name, text in part.items()}
