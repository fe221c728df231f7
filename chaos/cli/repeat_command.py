"""The command that does the same again, as it is recorded in a run."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def command_of(words: Sequence[str], options: Mapping[str, object]) -> str:
    """Return a command of halab; options that are None or empty are left out, lists repeated."""
    line = ["halab", *words]
    for name, value in options.items():
        for given in value if isinstance(value, list) else [value]:
            line += [] if given in (None, "") else [name, str(given)]
    return shlex.join(line)
