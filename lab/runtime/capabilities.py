"""What a runtime may be unable to do, and which one can: the table of `halab runtimes`. Pure.

Everything else that halab does, every runtime does; the contract suite holds them to it.
"""

from __future__ import annotations

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
ROOT = "as root"
SUPPORT = {
    "netns": dict.fromkeys(CAPABILITIES, "yes") | {"disks": ROOT, "other-systems": "no"},
    "docker": dict.fromkeys(CAPABILITIES, "yes") | {"disks": "no", "other-systems": "untested"},
}


def table() -> list[list[str]]:
    """Return the rows of runtimes x capabilities, heading first."""
    rows = [["capability", *SUPPORT, "what it is"]]
    for name, meaning in CAPABILITIES.items():
        rows.append([name, *(SUPPORT[runtime][name] for runtime in SUPPORT), meaning])
    return rows


def markdown() -> str:
    """Return the same table as it stands in the documents."""
    rows = table()
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], f"|{'---|' * len(rows[0])}", *lines[1:], ""])
