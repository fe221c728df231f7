"""The containers and networks of a lab, found by their label, and their removal."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

import docker

from lab.runtime.docker.connection import sdk_errors
from lab.runtime.docker.containers import DIRECTORY
from lab.runtime.docker.parallel import in_parallel

if TYPE_CHECKING:
    from pathlib import Path

REMOVE_TIMEOUT_S = 30.0
POLL_S = 0.1


def _filters(directory: Path) -> dict[str, str]:
    return {"label": f"{DIRECTORY}={directory}"}


def containers(client: docker.APIClient, directory: Path) -> list[dict[str, Any]]:
    """Return the containers of the lab in a directory, as the engine lists them."""
    with sdk_errors("listing the lab's containers"):
        return list(client.containers(all=True, filters=_filters(directory)))


def remove_leftovers(client: docker.APIClient, directory: Path) -> list[str]:
    """Remove every container and network of a lab; return the names of those that still exist."""
    until_s = time.monotonic() + REMOVE_TIMEOUT_S
    while (names := _remove_once(client, directory)) and time.monotonic() < until_s:
        time.sleep(POLL_S)
    return names


def _remove_once(client: docker.APIClient, directory: Path) -> list[str]:
    """Request the removal of all that exists; return the names of what existed before it."""
    listed = containers(client, directory)
    identities = [container["Id"] for container in listed]
    in_parallel(lambda identity: _remove_container(client, identity), identities)
    with sdk_errors("removing the lab's network"):
        for network in client.networks(filters=_filters(directory)):
            # refused while a container is being removed, and when another command was quicker
            with contextlib.suppress(docker.errors.APIError):
                client.remove_network(network["Id"])
        networks = client.networks(filters=_filters(directory))
    names = [name for container in listed for name in container["Names"]]
    return names + [network["Name"] for network in networks]


def _remove_container(client: docker.APIClient, identity: str) -> None:
    with sdk_errors("removing a container"), contextlib.suppress(docker.errors.NotFound):
        try:
            client.remove_container(identity, force=True, v=True)
        except docker.errors.APIError as error:
            if error.status_code != 409:  # it is being removed already
                raise
