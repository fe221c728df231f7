"""A sentence as data: its English text, and the code and values by which others translate it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

SEPARATOR = "; "
# A plain text is that of another program, or a name: it is the same in every language.
Words: TypeAlias = "Sentence | str"
Value: TypeAlias = "Words | int | float | tuple[Words, ...]"


@dataclass(frozen=True)
class Sentence:
    """What is wrong, or what is waited for; as a string it is English.

    `code`: its key in catalogues of other languages. `text`: English, with a placeholder for each
    of the `values`, which may be sentences again, alone or several in a row.
    """

    code: str
    text: str
    values: Mapping[str, Value]

    def __str__(self) -> str:
        return self.text.format(**{name: _english(value) for name, value in self.values.items()})


def sentence(code: str, text: str, /, **values: Value) -> Sentence:
    """Return a sentence. `text` stands in the catalogues of the reports, too, under its code."""
    return Sentence(code, text, values)


def labelled(name: str, text: Words) -> Sentence:
    """Return what is said of, or by, something that has a name."""
    return sentence("labelled", "{name}: {text}", name=name, text=text)


def joined(items: list[Words]) -> Words:
    """Return several sentences in a row as a single one."""
    return items[0] if len(items) == 1 else sentence("several", "{items}", items=tuple(items))


def read_words(answer: Any) -> Words:
    """Return the words that an agent has answered: {code, text, values}, or a plain text."""
    if not isinstance(answer, dict):
        return str(answer)
    return Sentence(str(answer["code"]), str(answer["text"]), dict(answer["values"]))


def _english(value: Value) -> str | int | float:
    if isinstance(value, tuple):
        return SEPARATOR.join(map(str, value))
    return str(value) if isinstance(value, Sentence) else value
