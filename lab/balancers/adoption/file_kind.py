"""Which program a file is for, by the blocks that only this program has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.balancers.fitting import Notes

_BLOCKS = {
    "keepalived": re.compile(
        r"^\s*(global_defs|vrrp_instance\s+\S+|vrrp_script\s+\S+|vrrp_sync_group\s+\S+)\s*\{?\s*$",
        re.MULTILINE,
    ),
    "nginx": re.compile(r"^\s*(stream|events|http|upstream\s+[\w.-]+)\s*\{", re.MULTILINE),
    "haproxy": re.compile(r"^\s*(defaults|(frontend|backend|listen)\s+[\w.-]+)\s*$", re.MULTILINE),
}
_MODES = {"nginx": "--lb nginx", "haproxy": "--lb haproxy, external or vip"}


def check_kind(text: str, program: str, notes: Notes) -> None:
    """Note a file of another program than the one that is to run it."""
    found = {name: block.search(text) for name, block in _BLOCKS.items()}
    other = next((name for name, match in found.items() if match and name != program), "")
    match = found.get(other)
    if found[program] or not match:
        return
    line = text.count("\n", 0, match.start(1)) + 1
    way_out = f"it fits {_MODES[other]}" if other in _MODES else "that one is the lab's own"
    notes.refuse(line, f"this is a file of {other}, and --lb-config takes {program}'s; {way_out}")
