"""What is there of a lab, by its label, and the removal of all of it."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

import docker

from lab.runtime.docker.connection import error_text
from lab.runtime.docker.containers import DIRECTORY
from lab.runtime.docker.parallel import side_by_side

if TYPE_CHECKING:
    from pathlib import Path

REMOVE_TIMEOUT_S = 30.0
POLL_S = 0.1


def _wanted(directory: Path) -> dict[str, str]:
    return {"label": f"{DIRECTORY}={directory}"}


def containers(client: docker.APIClient, directory: Path) -> list[dict[str, Any]]:
    """Return the containers of the lab in a directory, as the engine lists them."""
    with error_text("listing the lab's containers"):
        return list(client.containers(all=True, filters=_wanted(directory)))


def remove(client: docker.APIClient, directory: Path) -> list[str]:
    """Remove every container and network of a lab; return the names of what is still there."""
    until_s = time.monotonic() + REMOVE_TIMEOUT_S
    while (still := _remove_what_there_is(client, directory)) and time.monotonic() < until_s:
        time.sleep(POLL_S)
    return still


def _remove_what_there_is(client: docker.APIClient, directory: Path) -> list[str]:
    """Ask for the removal of all that is left; return the names of what was there."""
    found = containers(client, directory)
    side_by_side(lambda identity: _remove_container(client, identity), [one["Id"] for one in found])
    with error_text("removing the lab's network"):
        for one in client.networks(filters=_wanted(directory)):
            # refused while a container is being removed, gone when somebody else did it
            with contextlib.suppress(docker.errors.APIError):
                client.remove_network(one["Id"])
        nets = client.networks(filters=_wanted(directory))
    return [name for one in found for name in one["Names"]] + [one["Name"] for one in nets]


def _remove_container(client: docker.APIClient, identity: str) -> None:
    with error_text("removing a container"), contextlib.suppress(docker.errors.NotFound):
        try:
            client.remove_container(identity, force=True, v=True)
        except docker.errors.APIError as error:
            if error.status_code != 409:  # it is being removed already
                raise
