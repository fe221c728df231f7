"""Which packets a cut drops, as one atomic nft ruleset for each node. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def cut_ruleset(table: str, peers: Iterable[str], ports: Iterable[int] = ()) -> str:
    """Return the rules that silently drop all packets between this node and `peers`.

    With `ports`, only TCP to or from these ports. Each fault has its own table: tables compose, and
    the undo deletes the table. Repeating the ruleset replaces the table in one transaction.
    """
    members = ", ".join(sorted(peers))
    listed = ", ".join(str(port) for port in sorted(ports))
    ways = [""]
    if listed:
        ways = [f"tcp {end} {{ {listed} }} " for end in ("dport", "sport")]
    incoming = "\n".join(f"    ip saddr {{ {members} }} {way}drop;" for way in ways)
    outgoing = "\n".join(f"    ip daddr {{ {members} }} {way}drop;" for way in ways)
    return f"""table inet {table} {{}}
delete table inet {table}
table inet {table} {{
  chain incoming {{
    type filter hook input priority -300; policy accept;
{incoming}
  }}
  chain outgoing {{
    type filter hook output priority -300; policy accept;
{outgoing}
  }}
}}
"""
