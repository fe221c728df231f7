"""Which addresses the nodes get: a range that no network of Docker and no route of the host has."""

from __future__ import annotations

import ipaddress
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from ipaddress import IPv4Network

ROUTES = Path("/proc/net/route")
# Room for the five blocks of a plan; 256 labs can be told apart.
CANDIDATES = tuple(
    one
    for second in range(83, 91)
    for one in ipaddress.IPv4Network(f"10.{second}.0.0/16").subnets(new_prefix=21)
)


def free(taken: Iterable[IPv4Network]) -> Iterator[IPv4Network]:
    """Yield the candidates that overlap nothing that is taken, in order."""
    known = list(taken)
    for candidate in CANDIDATES:
        if not any(candidate.overlaps(one) for one in known):
            yield candidate


def gateway(subnet: str) -> str:
    """Return the host's own address in a range: the last one, which no node has."""
    return str(ipaddress.ip_network(subnet)[-2])


def of_docker(networks: Sequence[Mapping[str, Any]]) -> set[IPv4Network]:
    """Return the IPv4 ranges of the networks that a daemon lists."""
    found = set()
    for network in networks:
        for config in (network.get("IPAM") or {}).get("Config") or []:
            subnet = ipaddress.ip_network(config.get("Subnet") or "0.0.0.0/32", strict=False)
            if isinstance(subnet, ipaddress.IPv4Network):
                found.add(subnet)
    return found


def of_routes(table: str) -> set[IPv4Network]:
    """Return where the routes of /proc/net/route lead, without the default route."""
    found = set()
    for line in table.splitlines()[1:]:
        fields = line.split()
        target, mask = (int(fields[at], 16).to_bytes(4, "little") for at in (1, 7))
        network = ipaddress.IPv4Network((target, str(ipaddress.IPv4Address(mask))), strict=False)
        if network.prefixlen:
            found.add(network)
    return found


def of_host() -> set[IPv4Network]:
    """Return the ranges that this host has interfaces in or routes to."""
    found = of_routes(ROUTES.read_text()) if ROUTES.exists() else set()
    for addresses in psutil.net_if_addrs().values():
        for one in addresses:
            if one.family == socket.AF_INET and one.netmask:
                found.add(ipaddress.IPv4Network(f"{one.address}/{one.netmask}", strict=False))
    return found
