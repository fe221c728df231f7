"""How long work reports what it is doing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

# It is called with one line of text for every step.
Progress: TypeAlias = Callable[[str], None]
