"""What a runtime may be unable to do. Pure.

Everything else that halab does, every runtime does; the contract suite holds them to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

CAPABILITIES = {
    "processes": "kill, hang and restart components as process groups",
    "network": "cut nodes from one another, all packets or those of some ports",
    "power": "power a node off: silent, its processes and sockets gone, its address kept",
    "disks": "take the power of etcd's disks: what was not synced is lost",
    "addresses": "an address that moves between nodes (balancer mode vip)",
    "kubelets": "hollow kubelets and kube-proxies",
    "host-port": "a kubeconfig for this host, as long as the lab lives",
    "ordinary-user": "labs of a user without root",
    "other-systems": "labs on a machine that does not run Linux itself",
}
YES, NO, ROOT, UNTESTED = "yes", "no", "as root", "untested"


def all_but(others: Mapping[str, str]) -> dict[str, str]:
    """Return a runtime's row: capability -> YES, but for those that it has not so."""
    return {**dict.fromkeys(CAPABILITIES, YES), **others}
