"""Makes what kind needs of images: the published ones where a registry answers, else our own."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import docker

from lab.errors import RuntimeUnavailableError
from lab.runtime.docker import bootstrap_image
from lab.runtime.docker.connection import refusal_reason, sdk_errors
from lab.runtime.kind.image import balancer_image, bootstrap, definition, published
from lab.sentence import sentence

if TYPE_CHECKING:
    from lab.progress import Progress


def ensure(client: docker.APIClient, progress: Progress) -> None:
    """Have the node image and the balancer's, and none that they replace. Raises LabError.

    The image of halab's own nodes, from which parts are taken, must exist.
    """
    if not exists(client):
        _make(client, progress)
    with sdk_errors(sentence("kind-making-balancer", "making the image of kind's balancer")):
        balancer_image.ensure(client, progress)
    remove_replaced(client)


def exists(client: docker.APIClient) -> bool:
    """Whether the node image of this version exists. Raises LabError."""
    with sdk_errors(sentence("looking-for-image", "looking for the image of the nodes")):
        return bool(client.images(name=definition.tag()))


def _make(client: docker.APIClient, progress: Progress) -> None:
    try:
        published.make(client, progress)
    except (docker.errors.DockerException, OSError) as error:
        reason = sentence(
            "no-base-image",
            "{image} cannot be had from a registry: {why}",
            image=definition.PUBLISHED,
            why=refusal_reason(error),
        )
        if why := bootstrap_image.why_impossible():
            raise RuntimeUnavailableError(
                sentence(
                    "kind-no-node-image",
                    "{reason}\nand halab cannot make an image of its own: {why}",
                    reason=reason,
                    why=why,
                )
            ) from error
        progress(f"{reason}; making {definition.tag()} (once, a quarter of an hour on 2 cores)")
        bootstrap.make(client, progress)


def listing(client: docker.APIClient) -> list[dict[str, Any]]:
    """Return the images that halab has made for kind, as the engine lists them."""
    with sdk_errors(sentence("listing-images", "listing images")):
        return list(client.images(filters={"label": definition.DEFINITION}))


def remove_replaced(client: docker.APIClient) -> None:
    """Remove halab's images with another definition, unless something still uses them."""
    for image in listing(client):
        if image["Labels"][definition.DEFINITION] != definition.definition():
            with suppress(docker.errors.APIError):
                client.remove_image(image["Id"])
