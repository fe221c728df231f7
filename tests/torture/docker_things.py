"""What a Docker daemon has, and which of it belongs to others."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.runtime.docker.connection import connect
from lab.runtime.docker.containers import DIRECTORY

if TYPE_CHECKING:
    from pathlib import Path

    import docker

    from tests.torture.snapshot import Things

BRIDGE_NAME = "com.docker.network.bridge.name"


@dataclass(frozen=True)
class DockerListing:
    """Containers, networks and volumes; `foreign`: words of those whose label is another's."""

    things: Things
    foreign: frozenset[str]


def listing(root: Path) -> DockerListing:
    """Return what the daemon has; labs below `root` are ours, other labs are not."""
    with contextlib.closing(connect()) as client:
        containers = client.containers(all=True)
        networks = client.networks()
        volumes = client.volumes()["Volumes"] or []
        foreign: set[str] = set()
        for container in containers:
            if _is_foreign(container, root):
                foreign |= _words_of_container(client, container)
        for network in networks:
            if _is_foreign(network, root):
                foreign |= _words_of_network(client, network)
        things = {
            "containers": {entry["Id"]: str(entry["Names"]) for entry in containers},
            "networks": {entry["Id"]: entry["Name"] for entry in networks},
            "volumes": {entry["Name"]: "" for entry in volumes},
        }
        return DockerListing(things, frozenset(foreign))


def of_labs_below(root: Path) -> list[str]:
    """Return the containers and networks whose label is of a lab below a folder."""
    ours = {"label": DIRECTORY}
    with contextlib.closing(connect()) as client:
        things = [*client.containers(all=True, filters=ours), *client.networks(filters=ours)]
    return [
        f"in docker: {thing.get('Name') or thing['Names']}"
        for thing in things
        if thing["Labels"][DIRECTORY].startswith(f"{root}/")
    ]


def _is_foreign(thing: dict[str, Any], root: Path) -> bool:
    directory = (thing.get("Labels") or {}).get(DIRECTORY, "")
    return bool(directory) and not directory.startswith(f"{root}/")


def _words_of_container(client: docker.APIClient, container: dict[str, Any]) -> set[str]:
    """Return its name, and the paths of its file system, its namespace and its volumes."""
    words = {container["Id"], *(name.lstrip("/") for name in container["Names"])}
    with contextlib.suppress(Exception):  # it has just gone, and its words with it
        details = client.inspect_container(container["Id"])
        words.add(details["NetworkSettings"]["SandboxKey"])
        words |= set((details["GraphDriver"].get("Data") or {}).values())
        words |= {mount["Name"] for mount in details["Mounts"] if "Name" in mount}
    return words


def _words_of_network(client: docker.APIClient, network: dict[str, Any]) -> set[str]:
    """Return its name, its bridge, the links on it, and its addresses."""
    bridge = (network.get("Options") or {}).get(BRIDGE_NAME) or f"br-{network['Id'][:12]}"
    words = {network["Id"], network["Name"], bridge}
    for config in (network.get("IPAM") or {}).get("Config") or []:
        words |= {str(config.get("Subnet", "")), str(config.get("Gateway", ""))}
    with contextlib.suppress(Exception):
        for member in (client.inspect_network(network["Id"])["Containers"] or {}).values():
            words.add(member["IPv4Address"].partition("/")[0])
    return words - {""}
