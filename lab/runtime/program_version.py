"""The version in the output of a program."""

from __future__ import annotations

import re


def version_in(output: str) -> str:
    """Return the first number with dots, "unknown" where there is none."""
    match = re.search(r"\d+\.\d+\S*", output)
    return match[0] if match else "unknown"
