"""A sentence as data: the name of a text of the catalogue, and what fills it in."""

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

    `key`: a text of the catalogue. `values`: what fills its braces: names and numbers as they are,
    and messages, alone or several in a row, which are put into the same language.
    A plain string where a message is read stands for itself (`verbatim`).
    """

    key: str
    values: Mapping[str, Value] = field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _text_for_itself(cls, given: Any) -> Any:
        return {"key": "verbatim", "values": {"text": given}} if isinstance(given, str) else given


def message(key: str, /, **values: Value) -> Message:
    """Return the sentence of a key, filled in with these."""
    return Message(key, values)


def verbatim(text: str) -> Message:
    """Return what another program wrote, which is the same in every language."""
    return message("verbatim", text=text)


def joined(*messages: Message) -> Message:
    """Return several sentences in a row as a single message."""
    return messages[0] if len(messages) == 1 else message("several", items=messages)
