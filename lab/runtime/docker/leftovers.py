"""The containers and networks of a lab, found by their label, and their removal."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

import docker

from lab.directories import lab_in
from lab.runtime.docker.connection import sdk_errors
from lab.runtime.docker.containers import DIRECTORY
from lab.runtime.docker.listed import has_labs_name, names_of
from lab.runtime.docker.parallel import in_parallel
from lab.sentence import sentence

if TYPE_CHECKING:
    from pathlib import Path

REMOVE_TIMEOUT_S = 30.0
POLL_S = 0.1


def _filters(directory: Path) -> dict[str, str]:
    return {"label": f"{DIRECTORY}={directory}"}


def labs_of(client: docker.APIClient, home: Path) -> set[str]:
    """Return the labs below a home of which a container or a network exists. Raises LabError."""
    with sdk_errors(sentence("looking-for-leftovers", "looking for leftovers of labs")):
        labelled = {"label": DIRECTORY}
        existing = [
            *client.containers(all=True, filters=labelled),
            *client.networks(filters=labelled),
        ]
    ours = (found for found in existing if has_labs_name(found, DIRECTORY))
    return {name for found in ours if (name := lab_in(home, found["Labels"][DIRECTORY]))}


def containers(client: docker.APIClient, directory: Path) -> list[dict[str, Any]]:
    """Return the containers of the lab in a directory, as the engine lists them."""
    with sdk_errors(sentence("listing-containers", "listing the lab's containers")):
        listed = client.containers(all=True, filters=_filters(directory))
    return [container for container in listed if has_labs_name(container, DIRECTORY)]


def _networks(client: docker.APIClient, directory: Path) -> list[dict[str, Any]]:
    listed = client.networks(filters=_filters(directory))
    return [network for network in listed if has_labs_name(network, DIRECTORY)]


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
    with sdk_errors(sentence("removing-network", "removing the lab's network")):
        for network in _networks(client, directory):
            # refused while a container is being removed, and when another command was quicker
            with contextlib.suppress(docker.errors.APIError):
                client.remove_network(network["Id"])
        networks = _networks(client, directory)
    names = [name for container in listed for name in names_of(container)]
    return names + [network["Name"] for network in networks]


def _remove_container(client: docker.APIClient, identity: str) -> None:
    with (
        sdk_errors(sentence("removing-container", "removing a container")),
        contextlib.suppress(docker.errors.NotFound),
    ):
        try:
            client.remove_container(identity, force=True, v=True)
        except docker.errors.APIError as error:
            if error.status_code != 409:  # it is being removed already
                raise
