"""The container of a node, as the engine's API describes it. Pure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lab.nodes import Node
    from lab.runtime.base import Frontends

DIRECTORY, NODE, OWNER = "halab.directory", "halab.node", "halab.owner"
# Published for clients on this machine. Above the ports of proxies and of outgoing connections.
KUBECONFIG_PORT = 61443
# Nothing but the agent's own file and Python's standard library.
PYTHON = ("python3", "-I", "-S")
HOME, AGENT, PROGRAMS = "/node", "/halab/agent.pyz", "/usr/local/bin"
# Docker's default capabilities are dropped first. NET_ADMIN: rules, addresses, sockets;
# NET_RAW: keepalived's VRRP; NET_BIND_SERVICE: proxies on ports below 1024; SETUID, SETGID, CHOWN,
# KILL: nginx and haproxy change to users of their own, and are killed; DAC_OVERRIDE and FOWNER: the
# node's directory belongs to the lab's user.
LINUX_CAPABILITIES = (
    *("NET_ADMIN", "NET_RAW", "NET_BIND_SERVICE"),
    *("SETUID", "SETGID", "CHOWN", "KILL", "DAC_OVERRIDE", "FOWNER"),
)


def resource_name(directory: Path) -> str:
    """Return the name of a lab's network and the prefix of its containers' names.

    Labs of other homes have other names.
    """
    return f"halab-{directory.name}-{hashlib.sha256(str(directory).encode()).hexdigest()[:6]}"


def lab_labels(directory: Path, owner: str) -> dict[str, str]:
    """Return the labels by which everything of a lab is found."""
    return {DIRECTORY: str(directory), OWNER: owner}


def bind_mount(source: Path, target: str, *, writable: bool = False) -> dict[str, Any]:
    """Return a mount of this machine's file or folder in a container."""
    return {"Type": "bind", "Source": str(source), "Target": target, "ReadOnly": not writable}


@dataclass(frozen=True)
class Containers:
    """The containers of a lab: what they have in common, and the body of each."""

    directory: Path
    nodes: Sequence[Node]
    frontends: Frontends
    programs: Mapping[str, Path]
    image: str
    owner: str

    def body(self, node: Node) -> dict[str, Any]:
        """Return the body of the request that creates a node's container."""
        frontend = self.frontends.get(node.name)
        config = {"node": node.name, "home": HOME, "port": KUBECONFIG_PORT, "frontend": frontend}
        published = f"{KUBECONFIG_PORT}/tcp"
        endpoint = {"IPAMConfig": {"IPv4Address": node.address}}
        return {
            "Image": self.image,
            "Hostname": node.name,
            "Cmd": [*PYTHON, AGENT, "node", json.dumps(config)],
            "WorkingDir": HOME,
            # held by the process that makes the lab, and closed when that process ends
            "OpenStdin": True,
            "AttachStdin": True,
            "StdinOnce": True,
            "Labels": {**lab_labels(self.directory, self.owner), NODE: node.name},
            "ExposedPorts": {published: {}} if frontend else {},
            "HostConfig": {
                "NetworkMode": resource_name(self.directory),
                "CapDrop": ["ALL"],
                "CapAdd": list(LINUX_CAPABILITIES),
                "AutoRemove": True,
                "ExtraHosts": [f"{peer.name}:{peer.address}" for peer in self.nodes],
                # port 0: any free port, which only users of this machine can reach
                "PortBindings": {published: [{"HostIp": "127.0.0.1", "HostPort": "0"}]}
                if frontend
                else {},
                "Mounts": [
                    bind_mount(self.directory / "nodes" / node.name, HOME, writable=True),
                    bind_mount(self.directory / "agent.pyz", AGENT),
                    *(
                        bind_mount(path, f"{PROGRAMS}/{name}")
                        for name, path in self.programs.items()
                    ),
                ],
            },
            "NetworkingConfig": {"EndpointsConfig": {resource_name(self.directory): endpoint}},
        }
