"""The node's IPv4 addresses: those of its start, and those that move, as a VIP does."""

from __future__ import annotations

import json
import subprocess
from typing import Dict


def addresses() -> Dict[str, str]:
    """Return address/prefix -> interface, for every IPv4 address that the node has now."""
    done = subprocess.run(["ip", "-j", "-4", "addr"], capture_output=True, text=True, check=True)
    return {
        "{}/{}".format(address["local"], address["prefixlen"]): link["ifname"]
        for link in json.loads(done.stdout)
        for address in link["addr_info"]
    }


def remove_all_but(kept: Dict[str, str]) -> None:
    """Remove the addresses that were added later: a kernel that lost its power has none of them."""
    for address, interface in addresses().items():
        if address not in kept:
            subprocess.run(
                ["ip", "addr", "del", address, "dev", interface], capture_output=True, check=False
            )
