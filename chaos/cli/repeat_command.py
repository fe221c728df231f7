"""The command that does the same again, as it is recorded in a run."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


def command_of(words: Sequence[str], options: Mapping[str, object]) -> str:
    """Return a command of halab.

    Options that are None or empty are left out, those with a list repeated; True is --NAME alone,
    False --no-NAME.
    """
    return shlex.join(["halab", *words, *_words_of(options)])


def _words_of(options: Mapping[str, object]) -> Iterator[str]:
    for name, option in options.items():
        for value in option if isinstance(option, list) else [option]:
            if isinstance(value, bool):
                yield name if value else name.replace("--", "--no-", 1)
            elif value not in (None, ""):
                yield from (name, str(value))
