"""The catalogue of a language: its file of words, and messages put into it."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import yaml

from reports.locale.message import Message
from reports.locale.printable import printable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable

    from reports.locale.message import Value

Words = dict[str, str]
FOLDER = files("reports.locale")
SUFFIX = ".yaml"
# seven times as fast where libyaml is, and most commands read a catalogue
SAFE_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def languages_in(folder: Traversable) -> tuple[str, ...]:
    """Return the languages of a folder: each is a file. English, the fallback, is first."""
    names = [file.name for file in folder.iterdir() if file.name.endswith(SUFFIX)]
    languages = (name.removesuffix(SUFFIX) for name in names)
    return tuple(sorted(languages, key=lambda language: (language != "en", language)))


LANGUAGES = languages_in(FOLDER)


@cache
def words_of(lang: str) -> Words:
    """Return the words of a language, by key. Every caller shares the mapping: never change it."""
    text = (FOLDER / f"{lang}{SUFFIX}").read_text(encoding="utf-8")
    sections = yaml.load(text, Loader=SAFE_LOADER)
    return {key: text for section in sections.values() for key, text in section.items()}


def text_of(message: Message, lang: str) -> str:
    """Put a message into a language; of its texts no character acts on a terminal.

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


def default_language(environ: Mapping[str, str]) -> str:
    """Return the language of the environment's locale, English for one without a catalogue.

    As in POSIX, the first of these variables that is not empty decides.
    """
    names = (environ.get(variable) for variable in ("LC_ALL", "LC_MESSAGES", "LANG"))
    locale = next(filter(None, names), "")
    language = re.split(r"[_.@]", locale)[0].lower()
    return language if language in LANGUAGES else "en"


def _filling(value: Value, lang: str) -> str | int | float:
    if isinstance(value, Message):
        return text_of(value, lang)
    if isinstance(value, tuple):
        return words_of(lang)["separator"].join(text_of(item, lang) for item in value)
    return printable(value) if isinstance(value, str) else value


def _unknown(key: str, values: Mapping[str, object]) -> str:
    filled = ", ".join(f"{name}={value}" for name, value in values.items())
    return f"{key}({filled})" if filled else key
