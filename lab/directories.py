"""Where halab keeps files: the user's folders for state and for caches."""

from __future__ import annotations

import os
from pathlib import Path


def state_home() -> Path:
    """Return where labs live: $XDG_STATE_HOME/halab, or ~/.local/state/halab."""
    return _home("XDG_STATE_HOME", ".local/state")


def cache_home() -> Path:
    """Return where binaries are: $XDG_CACHE_HOME/halab, or ~/.cache/halab."""
    return _home("XDG_CACHE_HOME", ".cache")


def _home(variable: str, usual: str) -> Path:
    base = os.environ.get(variable)
    return (Path(base) if base else Path.home() / usual) / "halab"
