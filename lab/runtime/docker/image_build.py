"""Makes the image of a node: from Debian's image where a registry answers, else by debootstrap."""

from __future__ import annotations

import fcntl
import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import docker

from lab.errors import CleanupError, RuntimeUnavailableError
from lab.runtime.docker import bootstrap_image, image_scratch, made_images, node_image
from lab.runtime.docker.connection import refusal_reason
from lab.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from lab.progress import Progress

BUILD_TIMEOUT_S = 1800
TAIL_LINES = 8
REPORTED_EVERY = 25


@contextmanager
def exclusive(lock: Path) -> Iterator[None]:
    """Let only one command at a time look for the image and build it."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def build_image(client: docker.APIClient, progress: Progress) -> None:
    """Make the image and remove the images that it replaces.

    Raises RuntimeUnavailableError, with the reason for the registry and that for debootstrap.
    """
    try:
        for leftover in image_scratch.collect(dry_run=False):
            what = "kept" if leftover.kept else "removed"
            progress(f"{what} {leftover.item}: {leftover.reason}")
    except CleanupError as error:
        progress(str(error))
    progress(f"building the image {node_image.tag()} (about two minutes, once)")
    try:
        from_registry(client, progress)
    except (docker.errors.DockerException, OSError) as error:
        reason = sentence(
            "no-base-image",
            "{image} cannot be had from a registry: {why}",
            image=node_image.BASE,
            why=refusal_reason(error),
        )
        if why := bootstrap_image.why_impossible():
            raise RuntimeUnavailableError(
                sentence(
                    "no-node-image",
                    "{reason}\nand debootstrap cannot make it: {why}\n"
                    "`halab images build` tries again; what was pulled is kept",
                    reason=reason,
                    why=why,
                )
            ) from error
        progress(f"{reason}; using debootstrap")
        bootstrap_image.make(client, progress)
    made_images.remove_replaced(client, node_image.DEFINITION, node_image.definition())


def from_registry(client: docker.APIClient, progress: Progress) -> None:
    """Pull Debian's image and install the packages. Raises DockerException."""
    if not client.images(name=node_image.BASE):
        repository, _, digest = node_image.BASE.partition("@")
        follow(client.pull(repository, tag=digest, stream=True, decode=True), progress)
    steps = client.build(
        fileobj=io.BytesIO(node_image.DOCKERFILE.encode()),
        tag=node_image.tag(),
        labels=node_image.image_labels("registry"),
        rm=True,
        forcerm=True,
        decode=True,
        timeout=BUILD_TIMEOUT_S,
    )
    follow(steps, progress)


def follow(steps: Iterable[dict[str, Any]], progress: Progress) -> None:
    """Report the progress of a pull or a build. Raises DockerException when it fails half-way."""
    last: list[str] = []
    for number, step in enumerate(steps):
        if "error" in step:
            raise docker.errors.DockerException("\n".join([*last, str(step["error"])]))
        text = str(step.get("stream") or step.get("status") or "").strip()
        if text:
            last = [*last, text][-TAIL_LINES:]
            if number % REPORTED_EVERY == 0 or text.startswith("Step"):
                progress(text[:100])
