"""The images that halab has made, on a daemon: a label of theirs says of which definition."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import docker

from lab.runtime.docker.connection import sdk_errors
from lab.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Iterable


def exists(client: docker.APIClient, tag: str) -> bool:
    """Whether an image exists. Raises LabError."""
    with sdk_errors(sentence("looking-for-image", "looking for the image of the nodes")):
        return bool(client.images(name=tag))


def listing(client: docker.APIClient, label: str) -> list[dict[str, Any]]:
    """Return the images that have a label, as the engine lists them. Raises LabError."""
    with sdk_errors(sentence("listing-images", "listing images")):
        return list(client.images(filters={"label": label}))


def remove_replaced(client: docker.APIClient, label: str, definition: str) -> None:
    """Remove the images of another definition, unless something still uses them."""
    for image in listing(client, label):
        if image["Labels"][label] != definition:
            with suppress(docker.errors.APIError):
                client.remove_image(image["Id"])


def label_changes(labels: Iterable[tuple[str, str]]) -> list[str]:
    """Return how the engine is told the labels of an image that it imports."""
    return [f'LABEL {name}="{value}"' for name, value in labels]
