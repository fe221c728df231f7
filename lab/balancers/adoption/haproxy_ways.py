"""Where the frontends of a haproxy file lead, and which of them leads to the apiservers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.balancers.adoption.addresses import are_apiservers, listen_ports
from lab.balancers.adoption.choice import Way, choose
from lab.balancers.adoption.haproxy_directives import REFUSED, TLS_ENDS
from lab.balancers.adoption.haproxy_file import backend_of, backends
from lab.balancers.adoption.haproxy_servers import servers_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.balancers.adoption.haproxy_file import Section, Setting
    from lab.balancers.fitting import Notes

_ALWAYS = re.compile(r"|if (TRUE|\{ always_true \})|unless (FALSE|\{ always_false \})")


@dataclass(frozen=True)
class Front:
    """A frontend and the backend that serves its connections."""

    section: Section
    backend: Section


def front_of(sections: Sequence[Section], server: str, notes: Notes) -> Front | None:
    """Return the frontend of the apiservers; None when there is none, which is noted.

    `server`: a name or port that the user chose, or "".
    """
    fronts = [
        section
        for section in sections
        if section.kind in ("frontend", "listen")
        and section.named("bind")
        and not section.is_disabled
    ]
    ways = [way for front in fronts if (way := _way(front, sections, notes))]
    if not server and not any(are_apiservers(way.ports) for way in ways):
        # what is for http cannot be meant, unless there is nothing else
        ways = [way for way in ways if way.listener.mode == "tcp"] or ways
    if not ways:
        for front in fronts:
            _why_nowhere(front, notes)
        if not fronts:
            notes.refuse(0, "no frontend or listen section in mode tcp has a bind")
        return None
    way = choose(ways, server, notes)
    if way is None:
        return None
    if way.listener.mode != "tcp":
        notes.refuse(way.line, f"{way.text} is in mode {way.listener.mode}: {TLS_ENDS}")
        return None
    backend = _chosen_backend(way.listener, sections, server, notes)
    return Front(way.listener, backend) if backend else None


def _why_nowhere(front: Section, notes: Notes) -> None:
    templates = front.named("server-template", "dispatch", "transparent")
    for setting in templates:
        notes.refuse(setting.number, f"{setting.name}: {REFUSED[setting.title]}")
    rules = [each for each in front.named("use_backend") if "%" in "".join(each.texts[1:2])]
    for rule in rules:
        notes.refuse(rule.number, _why_no_target(rule))
    if templates or rules:
        return
    if front.mode == "tcp":
        notes.refuse(front.line, f"{front.title} leads to no server")
    else:
        notes.refuse(
            front.line,
            f"{front.title} is in mode {front.mode}, and no frontend or listen section in mode tcp "
            "has a bind; the apiservers' has to be in mode tcp",
        )


def _destinations(front: Section, sections: Sequence[Section]) -> list[Section]:
    """Return all sections to which a front may lead."""
    named = [each.texts[1] for each in front.named("use_backend") if each.texts[1:]]
    ruled = [each for each in backends(sections) if each.name in named]
    last = backend_of(front, sections)
    return [*ruled, *([last] if last and last not in ruled else [])]


def _way(front: Section, sections: Sequence[Section], notes: Notes) -> Way[Section] | None:
    leads = _destinations(front, sections)
    servers = [each for section in leads for each in section.named("server", "server-template")]
    if not servers:
        known = {each.name for each in backends(sections)}
        for setting in (*front.named("use_backend"), *front.named("default_backend")):
            name = "".join(setting.texts[1:2])
            if name not in known and "%" not in name:
                notes.refuse(setting.number, f"there is no backend {name}")
        return None
    listens = [
        port
        for bind in front.named("bind")
        for port in listen_ports("".join(bind.texts[1:2])) or ()
    ]
    ports = [port for _, port in servers_of([each for each in servers if each.name == "server"])]
    # a server without a port is asked at the port of the client's connection
    ports = [port or (listens[0] if listens else 0) for port in ports]
    return Way(
        front,
        front.line,
        front.title,
        frozenset([front.name, *map(str, listens), *(each.name for each in leads)]),
        ",".join(sorted(each.name for each in leads)),
        tuple(ports),
        tuple(listens),
    )


def _chosen_backend(
    front: Section, sections: Sequence[Section], server: str, notes: Notes
) -> Section | None:
    """Return the backend to which every connection of a front goes."""
    leads = _destinations(front, sections)
    by_name = [each for each in leads if server and each.name == server and each is not front]
    if by_name:
        _check_mode(by_name[0], notes)
        return by_name[0]
    last = backend_of(front, sections)
    for rule in front.named("use_backend"):
        target = next((each for each in leads if each.name == "".join(rule.texts[1:2])), None)
        condition = " ".join(rule.texts[2:])
        if target is None:
            notes.refuse(rule.number, _why_no_target(rule))
            return None
        if _ALWAYS.fullmatch(condition):
            last = target
            break
        if target is not last:
            names = ", ".join(each.name for each in leads)
            notes.refuse(
                rule.number,
                f"use_backend {target.name}: a rule decides which backend serves ({names}), by "
                "SNI for example, and a lab's clients send none; leave the apiservers' as "
                f"default_backend alone, or name it: --lb-server {target.name}",
            )
            return None
    if last is None:
        notes.refuse(front.line, f"{front.title} leads to no server")
        return None
    _check_mode(last, notes)
    return last


def _why_no_target(rule: Setting) -> str:
    name = "".join(rule.texts[1:2])
    if "%" in name:
        return (
            "use_backend: which backend serves is computed for each connection; name the "
            "apiservers' by default_backend"
        )
    return f"there is no backend {name}"


def _check_mode(backend: Section, notes: Notes) -> None:
    if backend.mode != "tcp":
        notes.refuse(backend.line, f"{backend.title} is in mode {backend.mode}: {TLS_ENDS}")
    if backend.is_disabled:
        notes.refuse(backend.line, f"{backend.title} is disabled")
