"""Where an adopted file must listen, and what it may balance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Frontend:
    """`listen` and `masters` are host:port."""

    listen: str
    masters: Sequence[str]

    def master(self, index: int, line: int) -> str:
        """Return the master that stands for the server on `line`. Raises ValueError."""
        if index >= len(self.masters):
            raise ValueError(
                f"line {line}: server {index + 1} has no counterpart, "
                f"the lab has {len(self.masters)} masters"
            )
        return self.masters[index]
