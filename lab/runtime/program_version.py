"""The version in what a program of the system says of itself."""

from __future__ import annotations

import re


def version_in(said: str) -> str:
    """Return the first number with dots, "unknown" where there is none."""
    found = re.search(r"\d+\.\d+\S*", said)
    return found[0] if found else "unknown"
