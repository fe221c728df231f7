"""Makes what kind needs of images: the published ones where a registry answers, else our own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import docker

from lab.errors import RuntimeUnavailableError
from lab.runtime.docker import bootstrap_image, made_images
from lab.runtime.docker.connection import refusal_reason, sdk_errors
from lab.runtime.kind.image import balancer_image, bootstrap, definition, published
from lab.sentence import sentence

if TYPE_CHECKING:
    from lab.progress import Progress


def ensure(client: docker.APIClient, progress: Progress) -> None:
    """Have the node image and the balancer's, and none that they replace. Raises LabError.

    The image of halab's own nodes, from which parts are taken, must exist.
    """
    if not made_images.exists(client, definition.tag()):
        _make(client, progress)
    with sdk_errors(sentence("kind-making-balancer", "making the image of kind's balancer")):
        balancer_image.ensure(client, progress)
    made_images.remove_replaced(client, definition.DEFINITION, definition.definition())


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
