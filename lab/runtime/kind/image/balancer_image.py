"""The image that kind asks for to balance several control planes, where no registry has it."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

import docker
import requests

from lab.runtime.docker import image_build, node_image
from lab.runtime.kind.image import definition

if TYPE_CHECKING:
    from lab.progress import Progress

PROGRAM = "envoy"
DOCKERFILE = f"""\
FROM {node_image.tag()}
COPY --chown=0:0 {PROGRAM} /usr/local/bin/{PROGRAM}
"""


def ensure(client: docker.APIClient, progress: Progress) -> None:
    """Have the image: pulled, or of this version of halab. Raises DockerException."""
    if images := client.images(name=definition.BALANCER):
        made_by = (images[0]["Labels"] or {}).get(definition.DEFINITION, definition.definition())
        if made_by == definition.definition():
            return
    try:
        repository, _, tag = definition.BALANCER.rpartition(":")
        image_build.follow(client.pull(repository, tag=tag, stream=True, decode=True), progress)
    except (docker.errors.DockerException, requests.RequestException):
        progress(f"{definition.BALANCER} cannot be had from a registry; HAProxy takes its place")
        _make(client)


def _make(client: docker.APIClient) -> None:
    """Make it of the image of halab's own nodes, which has HAProxy."""
    steps = client.build(
        fileobj=_context(),
        custom_context=True,
        tag=definition.BALANCER,
        labels=definition.image_labels(node_image.REPOSITORY),
        rm=True,
        forcerm=True,
        decode=True,
    )
    image_build.follow(steps, lambda _: None)


def _context() -> io.BytesIO:
    """Return what the engine builds from, as a tar archive."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        program = (definition.FILES / PROGRAM).read_bytes()
        for name, content, mode in (
            ("Dockerfile", DOCKERFILE.encode(), 0o644),
            (PROGRAM, program, 0o755),
        ):
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), mode
            tar.addfile(member, io.BytesIO(content))
    packed.seek(0)
    return packed
