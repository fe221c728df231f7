"""What a node is to Docker: its container, described as the engine's API takes it. Pure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lab.nodes import Node
    from lab.runtime.base import Served

DIRECTORY, NODE, OWNER = "halab.directory", "halab.node", "halab.owner"
# Above what a proxy may have, and above the ports of outgoing connections.
GATE_PORT = 61443
HOME, AGENT, PROGRAMS = "/node", "/halab/agent.pyz", "/usr/local/bin"
# All that is dropped first is what Docker gives by default. NET_ADMIN: rules, addresses, sockets;
# NET_RAW: keepalived's VRRP; NET_BIND_SERVICE: proxies on ports below 1024; SETUID, SETGID, CHOWN,
# KILL: nginx and haproxy change to users of their own, and are killed; DAC_OVERRIDE and FOWNER: the
# node's directory belongs to the lab's user.
CAPABILITIES = (
    *("NET_ADMIN", "NET_RAW", "NET_BIND_SERVICE"),
    *("SETUID", "SETGID", "CHOWN", "KILL", "DAC_OVERRIDE", "FOWNER"),
)


def stem(directory: Path) -> str:
    """Return how all that belongs to a lab is named; labs of other homes have other names."""
    return f"halab-{directory.name}-{hashlib.sha256(str(directory).encode()).hexdigest()[:6]}"


def labels(directory: Path, owner: str) -> dict[str, str]:
    """Return what everything of a lab is found again by."""
    return {DIRECTORY: str(directory), OWNER: owner}


def _mount(source: Path, target: str, *, writable: bool = False) -> dict[str, Any]:
    return {"Type": "bind", "Source": str(source), "Target": target, "ReadOnly": not writable}


@dataclass(frozen=True)
class Containers:
    """What the containers of a lab are made of."""

    directory: Path
    nodes: Sequence[Node]
    served: Served
    programs: Mapping[str, Path]
    image: str
    owner: str

    def body(self, node: Node) -> dict[str, Any]:
        """Return the body of the request that creates a node's container."""
        frontend = self.served.get(node.name)
        config = {"node": node.name, "home": HOME, "port": GATE_PORT, "frontend": frontend}
        gate = f"{GATE_PORT}/tcp"
        endpoint = {"IPAMConfig": {"IPv4Address": node.address}}
        return {
            "Image": self.image,
            "Hostname": node.name,
            "Cmd": ["python3", "-S", AGENT, "node", json.dumps(config)],
            "WorkingDir": HOME,
            # led to the process that makes the lab, and closed when that one ends
            "OpenStdin": True,
            "AttachStdin": True,
            "StdinOnce": True,
            "Labels": {**labels(self.directory, self.owner), NODE: node.name},
            "ExposedPorts": {gate: {}} if frontend else {},
            "HostConfig": {
                "NetworkMode": stem(self.directory),
                "CapDrop": ["ALL"],
                "CapAdd": list(CAPABILITIES),
                "AutoRemove": True,
                "ExtraHosts": [f"{one.name}:{one.address}" for one in self.nodes],
                # port 0: one that is free; nobody but this machine's users may connect
                "PortBindings": {gate: [{"HostIp": "127.0.0.1", "HostPort": "0"}]}
                if frontend
                else {},
                "Mounts": [
                    _mount(self.directory / "nodes" / node.name, HOME, writable=True),
                    _mount(self.directory / "agent.pyz", AGENT),
                    *(_mount(path, f"{PROGRAMS}/{name}") for name, path in self.programs.items()),
                ],
            },
            "NetworkingConfig": {"EndpointsConfig": {stem(self.directory): endpoint}},
        }
