"""A value that was wrong once, with what is right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports.kinds.registry import judge

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True)
class Right:
    """`right`: what `value` returns from a folder of its own."""

    name: str
    value: Callable[[Path], Any]
    right: Any


def kinds_of(directory: Path, names: str) -> str:
    """Return the verdicts with these ids, in this order."""
    found = {verdict.id: verdict.verdict for verdict in judge(directory).verdicts}
    return " ".join(found[name] for name in names.split())
