"""The bind line of a haproxy frontend as a lab has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.balancers.adoption.addresses import listen_ports, why_no_address
from lab.balancers.adoption.haproxy_directives import (
    BIND_DROPPED_VALUES,
    BIND_FLAGS,
    BIND_REFUSED,
    BIND_VALUES,
)
from lab.balancers.fitting import Line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.balancers.adoption.haproxy_file import Setting
    from lab.balancers.fitting import Notes


def fitted_bind(binds: Sequence[Setting], address: str, notes: Notes) -> list[Line]:
    """Return the one bind that a lab has: of the user's, the first that clients can use."""
    problems = [(_why_unusable(bind.texts), bind) for bind in binds]
    usable = [bind for why, bind in problems if not why]
    if not usable:
        for why, bind in problems:
            notes.refuse(bind.number, why)
        return []
    bind, words = usable[0], list(usable[0].texts[2:])
    for other in binds:
        if other is not bind:
            notes.drop(other.number, "bind")
    kept: list[str] = []
    while words:
        word = words.pop(0)
        value = words[:1]
        if word in BIND_FLAGS:
            kept.append(word)
        elif word in BIND_VALUES and value and value[0].isdecimal():
            kept += [word, words.pop(0)]
        else:
            notes.drop(bind.number, f"bind: {word}")
            if word in BIND_DROPPED_VALUES:
                words[:1] = []
    return [Line(bind.number, " ".join(["    bind", address, *kept]))]


def _why_unusable(words: Sequence[str]) -> str:
    if len(words) < 2:
        return "bind without an address; write bind *:6443"
    if listen_ports(words[1]) is None:
        return why_no_address(words[1]).replace("of a master; write host:port", "to listen at")
    return next((BIND_REFUSED[word] for word in words[2:] if word in BIND_REFUSED), "")
