"""Which directives of a block of nginx stay, and with which values."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from lab.balancers.adoption.addresses import is_template, why_no_address
from lab.balancers.adoption.times import LEAST_ANSWER_S, why_too_short

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lab.balancers.adoption.nginx_file import Directive
    from lab.balancers.fitting import Notes

_LEAST_CONNECTIONS, _MOST_CONNECTIONS = 512, 16384
_MOST_PROCESSES = 16
_ZONE = "256k"


def keep(
    block: Iterable[Directive],
    kept: Mapping[str, str],
    refused: Mapping[str, str],
    notes: Notes,
) -> list[Directive]:
    """Return the directives that a lab keeps; others are noted."""
    fitting = []
    for directive in block:
        if fits(directive, kept):
            if directive.name == "proxy_timeout" and (why := _too_short(directive)):
                notes.refuse(directive.line, f"proxy_timeout: {why}")
            fitting.append(directive)
        elif directive.name in refused and directive.args != ("off",):
            notes.refuse(directive.line, f"{directive.name}: {refused[directive.name]}")
        elif directive.name in kept and any(is_template(word) for word in directive.args):
            notes.refuse(directive.line, f"{directive.name}: {why_no_address(directive.args[0])}")
        elif directive.name in kept:
            problem = "cannot be kept with these values; check them, or leave it out"
            notes.refuse(directive.line, f"{directive.name} {problem}")
        else:
            notes.drop(directive.line, directive.title)
    return fitting


def _too_short(directive: Directive) -> str:
    return why_too_short(directive.args[0], "s", LEAST_ANSWER_S)


def fits(directive: Directive, kept: Mapping[str, str]) -> bool:
    """Whether a directive stays."""
    pattern = kept.get(directive.name)
    if pattern is None:
        return False
    return bool(re.fullmatch(pattern, " ".join(directive.args)))


def clamped(directive: Directive, notes: Notes) -> Directive:
    """Keep the memory of the lab as it was estimated, and leave the probes enough connections."""
    bounds = {
        "worker_connections": (_LEAST_CONNECTIONS, _MOST_CONNECTIONS),
        "worker_processes": (1, _MOST_PROCESSES),
    }.get(directive.name)
    if bounds is None or directive.args == ("auto",):
        return directive
    number = int(directive.args[0])
    bounded = str(max(bounds[0], min(number, bounds[1])))
    if int(bounded) == number:
        return directive
    notes.remark("changed", directive.line, directive.name, bounded)
    return replace(directive, args=(bounded,))


def fitted_zone(zone: Directive, notes: Notes) -> Directive:
    """Return the shared memory of an upstream: as large as it may be in a lab."""
    size = re.fullmatch(r"(\d+)([kKmM]?)", "".join(zone.args[1:2]) or "256k")
    assert size, "the pattern of a zone"
    kib = int(size[1]) * {"": 1 / 1024, "k": 1, "m": 1024}[size[2].lower()]
    if 32 <= kib <= 8192:
        return zone
    notes.remark("changed", zone.line, zone.name, _ZONE)
    return replace(zone, args=(zone.args[0], _ZONE))
