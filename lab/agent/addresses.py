"""The node's IPv4 addresses: those it was made with, and those that come and go, as a VIP does."""

from __future__ import annotations

import json
import subprocess
from typing import Dict


def addresses() -> Dict[str, str]:
    """Return address/prefix -> interface, for every IPv4 address that the node has now."""
    done = subprocess.run(["ip", "-j", "-4", "addr"], capture_output=True, text=True, check=True)
    return {
        "{}/{}".format(one["local"], one["prefixlen"]): link["ifname"]
        for link in json.loads(done.stdout)
        for one in link["addr_info"]
    }


def forget_all_but(made_with: Dict[str, str]) -> None:
    """Remove the addresses that came later: a kernel that lost its power does not know them."""
    for address, interface in addresses().items():
        if address not in made_with:
            subprocess.run(
                ["ip", "addr", "del", address, "dev", interface], capture_output=True, check=False
            )
