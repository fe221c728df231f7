"""The catalogue of a language: its file of words, and messages put into it."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import yaml

from reports.locale.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reports.locale.message import Value

Words = dict[str, str]
FOLDER = files("reports.locale")
SUFFIX = ".yaml"
# a file a language; English is first, and stands in where a text has no translation
LANGUAGES = tuple(
    sorted(
        (file.name.removesuffix(SUFFIX) for file in FOLDER.iterdir() if file.name.endswith(SUFFIX)),
        key=lambda name: (name != "en", name),
    )
)


@cache
def words_of(lang: str) -> Words:
    """Return the words of a language, by key. Not to be changed by whoever asks."""
    sections = yaml.safe_load((FOLDER / f"{lang}{SUFFIX}").read_text(encoding="utf-8"))
    return {key: text for section in sections.values() for key, text in section.items()}


def text_of(message: Message, lang: str) -> str:
    """Put a message into a language.

    A key that this version does not have, of a run of a newer one, is shown as it is.
    """
    words = words_of(lang)
    values = {name: _filling(value, lang) for name, value in message.values.items()}
    template = words.get(message.key)
    if template is None:
        return _unknown(message.key, values)
    try:
        return template.format(**values)
    except (KeyError, ValueError, TypeError):
        return _unknown(message.key, values)


def _filling(value: Value, lang: str) -> str | int | float:
    if isinstance(value, Message):
        return text_of(value, lang)
    if isinstance(value, tuple):
        return words_of(lang)["separator"].join(text_of(one, lang) for one in value)
    return value


def _unknown(key: str, values: Mapping[str, object]) -> str:
    filled = ", ".join(f"{name}={value}" for name, value in values.items())
    return f"{key}({filled})" if filled else key
