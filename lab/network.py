"""Which packets a cut drops, as one atomic nft ruleset for each node. Pure."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Range = ipaddress.IPv4Network | ipaddress.IPv6Network


def cut_ruleset(table: str, peers: Iterable[str], ports: Iterable[int] = ()) -> str:
    """Return the rules that silently drop all packets between this node and `peers`.

    Peers are addresses, and ranges of addresses that are behind them, IPv4 and IPv6. With `ports`,
    only TCP to or from these ports. Each fault has its own table: tables compose, and the undo
    deletes the table. Repeating the ruleset replaces the table in one transaction.
    """
    # Where packets enter and leave the node, so that those of pods, which it forwards, are among
    # them. Between the two the address of a service becomes that of who serves it: packets enter
    # before their sender, and leave after their receiver may have been rewritten.
    ranges = [ipaddress.ip_network(peer) for peer in peers]
    ways = _ways(ports)
    incoming = _rules(ranges, ("saddr",), ways)
    outgoing = _rules(ranges, ("daddr", "nexthop"), ways)
    return f"""table inet {table} {{}}
delete table inet {table}
table inet {table} {{
  chain incoming {{
    type filter hook prerouting priority -300; policy accept;
{incoming}
  }}
  chain outgoing {{
    type filter hook postrouting priority -300; policy accept;
{outgoing}
  }}
}}
"""


def _ways(ports: Iterable[int]) -> list[str]:
    listed = ", ".join(str(port) for port in sorted(ports))
    return [f"tcp {end} {{ {listed} }} " for end in ("dport", "sport")] if listed else [""]


def _rules(ranges: list[Range], fields: tuple[str, ...], ways: list[str]) -> str:
    lines = []
    for family, version in (("ip", 4), ("ip6", 6)):
        of_family = sorted(found for found in ranges if found.version == version)
        for field in fields:
            # packets to pods of a peer, whatever their addresses are, go to the peer first
            expression = f"rt {family} nexthop" if field == "nexthop" else f"{family} {field}"
            hosts = [found for found in of_family if found.num_addresses == 1]
            members = ", ".join(map(_text, hosts if field == "nexthop" else of_family))
            if members:
                lines += [f"    {expression} {{ {members} }} {way}drop;" for way in ways]
    return "\n".join(lines)


def _text(found: Range) -> str:
    return str(found.network_address if found.num_addresses == 1 else found)
