"""What some runtimes cannot do. Pure.

Every runtime does everything else; the contract tests check it.
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
    "swapped-addresses": "nodes that come back from a loss of power with one another's addresses",
    "kubelets": "hollow kubelets and kube-proxies",
    "host-port": "a kubeconfig for this host, as long as the lab lives",
    "ordinary-user": "labs of a user without root",
    "other-systems": "labs on a machine that does not run Linux itself",
}
YES, NO, ROOT, UNTESTED = "yes", "no", "as root", "untested"


def all_but(exceptions: Mapping[str, str]) -> dict[str, str]:
    """Return a runtime's row of the table: capability -> YES, with exceptions."""
    return {**dict.fromkeys(CAPABILITIES, YES), **exceptions}
