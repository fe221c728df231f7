"""The listener of an nginx server and the servers that it leads to, as a lab has them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from lab.balancers.adoption import nginx_directives as known
from lab.balancers.adoption.addresses import (
    is_template,
    listen_ports,
    server_address,
    why_no_address,
)
from lab.balancers.adoption.nginx_blocks import fitted_zone, keep
from lab.balancers.adoption.nginx_file import named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.balancers.adoption.addresses import MasterMap
    from lab.balancers.adoption.nginx_file import Directive
    from lab.balancers.fitting import Notes

# Variables that a map or the like computes, and who computes them.
_COMPUTES = ("map", "geo", "split_clients", "set", "js_set")
_NAME = re.compile(r"[A-Za-z0-9_.-]+")


def lab_listener(server: Directive, address: str, notes: Notes) -> list[Directive]:
    """Return the one listener that a lab has: of the user's, the first that clients can use."""
    listens = server.named("listen")
    problems = [(_why_unusable(listen.args), listen) for listen in listens]
    usable = [listen for why, listen in problems if not why]
    if not usable:
        for why, listen in problems:
            notes.refuse(listen.line, why)
        return []
    flags = []
    for flag in usable[0].args[1:]:
        if known.LISTEN_FLAGS.fullmatch(flag):
            flags.append(flag)
        elif flag not in ("bind", "default_server") and not flag.startswith("ipv6only="):
            notes.drop(usable[0].line, f"listen: {flag.split('=')[0]}")
    for listen in listens:
        if listen is not usable[0]:
            notes.drop(listen.line, "listen")
    return [replace(usable[0], args=(address, *flags))]


def _why_unusable(args: Sequence[str]) -> str:
    if "proxy_protocol" in args:
        return known.PROXY_PROTOCOL
    if "ssl" in args:
        return known.TLS_ENDS
    if "udp" in args or "quic" in args:
        return "apiservers are reached by TCP; keep a listener for TCP"
    at = "".join(args[:1])
    if at.startswith("unix:") or (listen_ports(at) is None and server_address(at) is None):
        return why_no_address(at).replace("of a master; write host:port", "to listen at")
    return ""


def fitted_upstream(upstream: Directive, masters: MasterMap, notes: Notes) -> Directive:
    """Return the group of servers with the lab's masters in it."""
    kept = []
    if not _NAME.fullmatch(upstream.args[0]):
        notes.refuse(upstream.line, f"{upstream.title}: use letters and digits in its name")
    for directive in keep(upstream.inside, known.UPSTREAM, known.REFUSED, notes):
        if directive.name == "server":
            kept.append(_server(directive, masters, notes))
        elif directive.name == "zone":
            kept.append(fitted_zone(directive, notes))
        else:
            kept.append(directive)
    servers = named(kept, "server")
    if not servers:
        notes.refuse(upstream.line, f"{upstream.title} has no server")
    elif all("down" in server.args for server in servers):
        notes.refuse(upstream.line, f"{upstream.title}: all its servers are down; use one")
    return replace(upstream, block=tuple(kept))


def _server(server: Directive, masters: MasterMap, notes: Notes) -> Directive:
    address = "".join(server.args[:1])
    if (place := server_address(address)) is None:
        notes.refuse(server.line, why_no_address(address) if address else "server has no address")
    elif not place.port:
        notes.refuse(server.line, f"server {address} has no port; write {address}:6443")
    flags = []
    for flag in server.args[1:]:
        if known.SERVER_FLAGS.fullmatch(flag):
            flags.append(flag)
        elif is_template(flag) or flag.split("=")[0] in ("weight", "max_fails", "fail_timeout"):
            notes.refuse(server.line, f"server: {flag} has no value that nginx reads")
        else:
            notes.drop(server.line, f"server: {flag.split('=')[0]}")
    return replace(server, args=(masters.master(address, server.line), *flags))


def fitted_pass(
    passed: Directive, stream: Sequence[Directive], masters: MasterMap, notes: Notes
) -> Directive:
    """Return a proxy_pass that names no upstream."""
    to = "".join(passed.args[:1])
    if "$" in to:
        notes.refuse(passed.line, _why_variable(to, stream))
    elif to.startswith("unix:") or is_template(to):
        notes.refuse(passed.line, why_no_address(to))
    elif (address := server_address(to)) is None or not address.port:
        notes.refuse(
            passed.line,
            f"proxy_pass {to or '?'}: {to or 'it'} is neither an upstream nor an address",
        )
    return replace(passed, args=(masters.master(to, passed.line),))


def _why_variable(to: str, stream: Sequence[Directive]) -> str:
    name = re.sub(r"[{}]", "", to).strip()
    for directive in stream:
        if directive.name in _COMPUTES and name in directive.args:
            return (
                f"proxy_pass {to}: {directive.name} in line {directive.line} computes where it "
                "leads, for example by SNI, which a lab's clients do not send; name the "
                "apiservers' upstream"
            )
    return (
        f"proxy_pass {to}: where a variable leads is not known before a connection is there; "
        "name the apiservers' upstream"
    )
