"""The side container of a node, in which its agent runs: the body of its request. Pure.

It shares the network and the processes of the node's container, and ends with it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lab.runtime.docker.containers import AGENT, HOME, KUBECONFIG_PORT, PYTHON, bind_mount
from lab.runtime.kind.names import NODE, lab_labels

if TYPE_CHECKING:
    from pathlib import Path

    from lab.runtime.kind.kept_nodes import KeptNode

# NET_ADMIN: rules, sockets; KILL: signals; SYS_PTRACE: to look at the descriptors and namespaces of
# the node's processes, which have more rights; SYS_CHROOT: to read the node's logs; DAC_OVERRIDE,
# FOWNER, CHOWN: the node's directory belongs to the lab's user; NET_RAW as in a node of docker.
LINUX_CAPABILITIES = (
    *("NET_ADMIN", "NET_RAW", "KILL", "SYS_PTRACE", "SYS_CHROOT"),
    *("DAC_OVERRIDE", "FOWNER", "CHOWN"),
)
# Of the processors, where these are short: a node has 1024. A prober takes 0.05 of one, and when it
# has to wait for kubelets and containers that start, its trial proves nothing.
CPU_SHARES = 65536
# The node's processes are confined by nothing; a profile would let nothing signal them.
UNCONFINED = ("apparmor=unconfined", "label=disable")


def side_body(directory: Path, node: KeptNode, image: str, owner: str) -> dict[str, Any]:
    """Return the body of the request that creates the side container of a node."""
    config = {
        "node": node.name,
        "home": HOME,
        "port": KUBECONFIG_PORT,
        "frontend": None,  # its ports cannot be published: the keeper carries the connections
        "boot": node.boot,
        "found": node.programs,
    }
    shared = f"container:{node.container}"
    return {
        "Image": image,
        "Cmd": [*PYTHON, AGENT, "node", json.dumps(config)],
        "WorkingDir": HOME,
        # it stays open, and nobody is attached: the side container ends with its node
        "OpenStdin": True,
        "Labels": {**lab_labels(directory, owner), NODE: node.name},
        "HostConfig": {
            "NetworkMode": shared,
            "PidMode": shared,
            "CapDrop": ["ALL"],
            "CapAdd": list(LINUX_CAPABILITIES),
            "SecurityOpt": list(UNCONFINED),
            "CpuShares": CPU_SHARES,
            "Mounts": [
                bind_mount(directory / "nodes" / node.name, HOME, writable=True),
                bind_mount(directory / "agent.pyz", AGENT),
            ],
        },
    }
