"""The range of addresses of a lab: free on the host, and in every network of Docker."""

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
# Each has room for the five blocks of a plan; 256 labs can exist at a time.
CANDIDATES = tuple(
    subnet
    for second in range(83, 91)
    for subnet in ipaddress.IPv4Network(f"10.{second}.0.0/16").subnets(new_prefix=21)
)


def free_ranges(taken: Iterable[IPv4Network]) -> Iterator[IPv4Network]:
    """Yield the candidates that overlap none of the ranges that are taken, in order."""
    used = list(taken)
    for candidate in CANDIDATES:
        if not any(candidate.overlaps(network) for network in used):
            yield candidate


def gateway(subnet: str) -> str:
    """Return the host's own address in a range: the last address, which no node has."""
    return str(ipaddress.ip_network(subnet)[-2])


def ranges_of_docker(networks: Sequence[Mapping[str, Any]]) -> set[IPv4Network]:
    """Return the IPv4 ranges of the networks that a daemon lists."""
    ranges = set()
    for network in networks:
        for config in (network.get("IPAM") or {}).get("Config") or []:
            subnet = ipaddress.ip_network(config.get("Subnet") or "0.0.0.0/32", strict=False)
            if isinstance(subnet, ipaddress.IPv4Network):
                ranges.add(subnet)
    return ranges


def ranges_of_routes(table: str) -> set[IPv4Network]:
    """Return the targets of the routes in /proc/net/route, without the default route."""
    ranges = set()
    for line in table.splitlines()[1:]:
        fields = line.split()
        target, mask = (int(fields[at], 16).to_bytes(4, "little") for at in (1, 7))
        network = ipaddress.IPv4Network((target, str(ipaddress.IPv4Address(mask))), strict=False)
        if network.prefixlen:
            ranges.add(network)
    return ranges


def ranges_of_host() -> set[IPv4Network]:
    """Return the ranges of this host's interfaces and routes."""
    ranges = ranges_of_routes(ROUTES.read_text()) if ROUTES.exists() else set()
    for addresses in psutil.net_if_addrs().values():
        for own in addresses:
            if own.family == socket.AF_INET and own.netmask:
                ranges.add(ipaddress.IPv4Network(f"{own.address}/{own.netmask}", strict=False))
    return ranges
