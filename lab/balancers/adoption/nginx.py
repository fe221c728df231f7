"""A user's nginx file: the server of its stream block that leads to the apiservers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lab.balancers.adoption import nginx_directives as known
from lab.balancers.adoption.addresses import MasterMap, listen_ports, server_address
from lab.balancers.adoption.choice import Way, choose
from lab.balancers.adoption.file_kind import check_kind
from lab.balancers.adoption.nginx_blocks import clamped, fits, keep
from lab.balancers.adoption.nginx_file import Directive, lines_of, named, parse
from lab.balancers.adoption.nginx_servers import fitted_pass, fitted_upstream, lab_listener
from lab.balancers.fitting import Fitted, Notes, check_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.balancers.base import Frontend


def adopt(text: str, frontend: Frontend, server: str = "") -> Fitted:
    """Return the file as this lab runs it, without the settings of `lab.balancers.modes.nginx`.

    `server`: an upstream or a port, where the file has several ways. Raises UnfitFileError.
    """
    notes = Notes()
    check_text(text, notes)
    check_kind(text, "nginx", notes)
    notes.check()
    main = parse(text)
    if way := _chosen(main, server, notes):
        fitted = _main(main, way.listener, frontend, notes)
    notes.check()
    return Fitted(tuple(lines_of(fitted)), tuple(notes.remarks))


def _chosen(main: Sequence[Directive], server: str, notes: Notes) -> Way[Directive] | None:
    streams = named(main, "stream")
    if not streams:
        _no_stream(main, notes)
        return None
    stream = [directive for block in streams for directive in block.inside]
    servers = [each for each in named(stream, "server") if not _is_udp(each)]
    passing = [each for each in servers if each.named("proxy_pass")]
    if not passing:
        includes = named(stream, "include")
        if includes:
            notes.refuse(includes[0].line, f"include: {known.REFUSED['include']}")
        else:
            notes.refuse(streams[0].line, "no server in the stream block has a proxy_pass")
        return None
    ways = [_way(each, stream) for each in passing]
    return choose(ways, server, notes)


def _no_stream(main: Sequence[Directive], notes: Notes) -> None:
    for include in named(main, "include"):
        if "modules" not in "".join(include.args):
            notes.refuse(include.line, f"include: {known.REFUSED['include']}")
    https = named(main, "http")
    line = https[0].line if https else 0
    why = "there is no stream block; nginx balances apiservers there"
    if https:
        why += ": an http block ends TLS, so that client certificates cannot pass"
    notes.refuse(line, why)


def _is_udp(server: Directive) -> bool:
    listens = server.named("listen")
    return bool(listens) and all("udp" in listen.args for listen in listens)


def _way(server: Directive, stream: Sequence[Directive]) -> Way[Directive]:
    to = "".join(server.named("proxy_pass")[0].args[:1])
    upstreams = [each for each in named(stream, "upstream") if each.args == (to,)]
    hosts = [each.args[0] for up in upstreams for each in up.named("server") if each.args]
    addresses = [server_address(host) for host in hosts or [to]]
    listens = [
        port
        for listen in server.named("listen")
        for port in listen_ports("".join(listen.args[:1])) or ()
    ]
    text = f"server of port {', '.join(map(str, listens)) or '?'}, which leads to {to}"
    return Way(
        server,
        server.line,
        text,
        frozenset([to, *map(str, listens)]),
        to,
        tuple(address.port for address in addresses if address),
        tuple(listens),
    )


def _main(
    main: Sequence[Directive], server: Directive, frontend: Frontend, notes: Notes
) -> list[Directive]:
    keep((each for each in main if each.name != "include"), known.MAIN, {}, notes)
    fitted = []
    for directive in main:
        if directive.name == "include":
            notes.drop(directive.line, "include")
        elif directive.name in ("events", "stream") or not fits(directive, known.MAIN):
            continue
        else:
            fitted.append(clamped(directive, notes))
    events = [directive for block in named(main, "events") for directive in block.inside]
    kept = [clamped(each, notes) for each in keep(events, known.EVENTS, {}, notes)]
    if not named(main, "events"):
        notes.remark("supplied", 0, "events {}")
    fitted.append(Directive("events", (), 0, tuple(kept)))
    blocks = named(main, "stream")
    stream = [directive for block in blocks for directive in block.inside]
    balanced = _stream(stream, server, frontend, notes)
    return [*fitted, Directive("stream", (), blocks[0].line, tuple(balanced))]


def _stream(
    stream: Sequence[Directive], server: Directive, frontend: Frontend, notes: Notes
) -> list[Directive]:
    masters = MasterMap(frontend, notes)
    passed = server.named("proxy_pass")[0]
    to = "".join(passed.args[:1])
    upstreams = [each for each in named(stream, "upstream") if each.args == (to,)]
    for other in stream:
        if other is not server and other not in upstreams and other.name in ("server", "upstream"):
            notes.drop(other.line, other.title)
    shared = [each for each in stream if each.name not in ("server", "upstream")]
    fitted = keep(shared, known.PROXY, known.REFUSED, notes)
    if not server.named("listen"):
        notes.refuse(server.line, "this server has no listen")
    if upstreams:
        fitted.append(fitted_upstream(upstreams[0], masters, notes))
    kept = []
    listens = lab_listener(server, frontend.listen, notes)
    for directive in keep(server.inside, known.SERVER, known.REFUSED, notes):
        if directive.name == "listen":
            kept += listens
            listens = []
        elif directive.name == "proxy_pass" and not upstreams:
            kept.append(fitted_pass(directive, stream, masters, notes))
        else:
            kept.append(directive)
    masters.check()
    return [*fitted, replace(server, block=tuple(kept))]
