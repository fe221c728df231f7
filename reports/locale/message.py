"""A sentence as data: the key of a text of the catalogue, and its values."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - pydantic reads the annotations
from dataclasses import field
from typing import Any, Union

from pydantic import model_validator
from pydantic.dataclasses import dataclass

Value = Union[str, int, float, "Message", tuple["Message", ...]]


@dataclass(frozen=True)
class Message:
    """A sentence in no language yet.

    `key`: a text of the catalogue. `values`: for its braces: names and numbers as they are,
    and messages, alone or several in a row, which are put into the same language.
    A plain string where a message is read stands for itself (`verbatim`).
    """

    key: str
    values: Mapping[str, Value] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash((self.key, frozenset(self.values.items())))

    @model_validator(mode="before")
    @classmethod
    def _text_for_itself(cls, source: Any) -> Any:
        return (
            {"key": "verbatim", "values": {"text": source}} if isinstance(source, str) else source
        )


def message(key: str, /, **values: Value) -> Message:
    """Return the sentence of a key with its values."""
    return Message(key, values)


def verbatim(text: str) -> Message:
    """Return the text of another program, which is the same in every language."""
    return message("verbatim", text=text)


def joined(*messages: Message) -> Message:
    """Return several sentences in a row as a single message."""
    return messages[0] if len(messages) == 1 else message("several", items=messages)
