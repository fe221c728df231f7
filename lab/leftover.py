"""What clean-up has found of labs and commands that have ended."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Leftover:
    """Something that was left behind, or may have been.

    `item`: what it is, as it follows the word "removed"; `reason`: why it may be removed, or with
    `kept` why it must not be.
    """

    item: str
    reason: str
    kept: bool = False
