"""Addresses of servers and listeners in a user's file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lab.nodes import APISERVER_PORT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lab.balancers.base import Frontend
    from lab.balancers.fitting import Notes

_HOST = re.compile(r"[A-Za-z0-9_.-]+|[0-9A-Fa-f:.]*::[0-9A-Fa-f:.]*|\[[0-9A-Fa-f:.]+\]")
_PORT = re.compile(r"\d{1,5}")
# Signs of a template: $X, ${X}, {{ x }}, <X>, @X@, %X%.
_TEMPLATE = re.compile(r"\$|\{|\}|<|>|%|^@|@$|\|")
# What usually listens there and is no apiserver.
OTHER_SERVICES = {
    22: "SSH",
    53: "DNS",
    80: "HTTP",
    2379: "etcd",
    2380: "etcd",
    9345: "the registration of RKE2",
    10250: "kubelets",
    22623: "OpenShift's machine configuration",
    30080: "a node port",
    30443: "a node port",
}


@dataclass(frozen=True)
class Address:
    """Host and port of a server; a port of 0 is not set."""

    host: str
    port: int


def is_template(text: str) -> bool:
    """Whether a text has a placeholder that something else was to fill in."""
    return bool(_TEMPLATE.search(text))


def server_address(text: str) -> Address | None:
    """Return the address of a server; None when there is none that a network has."""
    host, port = _split(text)
    if not _HOST.fullmatch(host) or (port and not _PORT.fullmatch(port)) or int(port or 0) > 65535:
        return None
    return Address(host, int(port or 0))


def listen_ports(text: str) -> tuple[int, ...] | None:
    """Return the first port of each address that is listened at; None when it is no address."""
    ports = []
    for part in text.rstrip(";").split(","):
        host, port = ("", part) if part[:1].isdigit() and ":" not in part else _split(part)
        first = port.split("-")[0]
        if not _PORT.fullmatch(first) or not (host in ("", "*") or _HOST.fullmatch(host)):
            return None
        ports.append(int(first))
    return tuple(ports)


def _split(text: str) -> tuple[str, str]:
    """Return host and port; of an IPv6 address without brackets the last group is the port."""
    address = re.sub(r"^(tcp|tcp4|tcp6|ipv4|ipv6)@", "", text)
    if address.endswith("]") or ":" not in address:
        return address, ""
    host, _, port = address.rpartition(":")
    return host, port


def why_no_address(text: str) -> str:
    """Return why a text is no address of a server, and the way out."""
    if is_template(text):
        return f"{text} was not filled in (a template, or a variable of the environment)"
    if text.startswith(("unix:", "unix@", "abns@", "/", "fd@", "sockpair@")):
        return f"{text} is a socket of one host; name the masters by address and port"
    return f"{text} is no address of a master; write host:port"


@dataclass
class MasterMap:
    """The masters that stand for the servers of a file: one for each address, in order."""

    frontend: Frontend
    notes: Notes
    addresses: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)

    def master(self, address: str, line: int) -> str:
        """Return the master that replaces an address."""
        if address not in self.addresses:
            self.addresses.append(address)
            self.lines.append(line)
        place = self.addresses.index(address)
        masters = self.frontend.masters
        return masters[min(place, len(masters) - 1)] if masters else address

    def check(self) -> None:
        """Note servers without a master, and masters without a server."""
        count, masters = len(self.addresses), len(self.frontend.masters)
        if count > masters:
            self.notes.refuse(
                self.lines[masters],
                f"server {masters + 1} has no counterpart, the lab has {masters} masters; "
                f"there are {count} servers: --masters {count} fits them, or leave out "
                f"{count - masters}",
            )
        elif count < masters:
            unused = (f"master-{number}" for number in range(count + 1, masters + 1))
            self.notes.remark("unused-masters", 0, ", ".join(unused), str(count))


def other_service(ports: Iterable[int]) -> str:
    """Return what else than an apiserver listens at all of these ports, "" for nothing known."""
    known = {OTHER_SERVICES.get(port, "") for port in ports}
    return known.pop() if len(known) == 1 else ""


def are_apiservers(ports: Iterable[int]) -> bool:
    """Whether these ports of servers are all an apiserver's."""
    return set(ports) == {APISERVER_PORT}
