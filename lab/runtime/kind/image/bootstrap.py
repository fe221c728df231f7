"""Makes the node image without a registry: from Debian's packages and from Go modules."""

from __future__ import annotations

import io
import shutil
import subprocess
from typing import TYPE_CHECKING

from lab.afterwards import afterwards
from lab.binaries.resolve import resolve
from lab.binaries.sources import fetch_sources
from lab.environment import search_path, tools_environment
from lab.errors import RuntimeUnavailableError
from lab.runtime.docker import (
    bootstrap_image,
    image_build,
    image_scratch,
    made_images,
    node_image,
)
from lab.runtime.docker.connection import sdk_errors
from lab.runtime.kind.image import (
    archive,
    definition,
    nginx_image,
    preload,
    rootfs,
    system_images,
)
from lab.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO

    import docker

    from lab.progress import Progress

_MAKING = sentence("kind-making-image", "making the image of kind's nodes")
PIECE_BYTES = 1 << 20
KIND_MODULE, KIND_FILES = "sigs.k8s.io/kind", "images/base/files"
# What docker cannot be told about an image that it imports.
DOCKERFILE = """\
FROM {imported}
ENV container=docker
STOPSIGNAL SIGRTMIN+3
ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]
"""


def make(client: docker.APIClient, progress: Progress) -> None:
    """Make the image. Raises LabError and OSError."""
    binaries = resolve(definition.BINARIES, progress=progress)
    with image_scratch.scratch() as (folder, lock):
        root, layers, moment = folder / "root", folder / "layers", folder / "m"
        argv = node_image.bootstrap_argv(str(root), definition.PACKAGES)
        bootstrap_image.run(argv, lock, progress)
        kind_files = fetch_sources("kind", KIND_MODULE, KIND_FILES, folder / "kind", progress)
        progress("putting Kubernetes into the image")
        layers.mkdir()
        moment.mkdir()
        archives = [folder / "images.tar", folder / "nginx.tar"]
        archive.write(system_images.make(root, binaries, layers), archives[0])
        with sdk_errors(_MAKING):
            nginx_image.save(client, archives[1])
        rootfs.furnish(root, kind_files, binaries)
        bootstrap_image.run(preload.prepare(archives, root, moment, binaries), lock, progress)
        progress("importing the image")
        _import(client, root)


def _import(client: docker.APIClient, root: Path) -> None:
    imported = f"{definition.tag()}-imported"
    repository, _, tag = imported.rpartition(":")
    excluded = [f"--exclude=./{name}/*" for name in ("proc", "sys", "dev")]
    tar = shutil.which("tar", path=search_path()) or "tar"
    labels = definition.image_labels("debootstrap")
    argv = [tar, "-C", str(root), "--numeric-owner", *excluded, "-c", "."]
    with (
        sdk_errors(_MAKING),
        subprocess.Popen(argv, stdout=subprocess.PIPE, env=tools_environment()) as packing,
    ):
        assert packing.stdout is not None
        # an iterator has no length: with a length the SDK sends two contradicting headers
        answer = client.import_image_from_stream(
            _pieces(packing.stdout),
            repository=repository,
            tag=tag,
            # so that it is found and removed, should we be killed before the next step has used it
            changes=made_images.label_changes(labels.items()),
        )
    if '"error"' in str(answer) or packing.returncode != 0:
        raise RuntimeUnavailableError(
            sentence(
                "image-not-imported",
                "the image could not be imported: {answer}",
                answer=str(answer),
            )
        )
    with sdk_errors(_MAKING), afterwards(lambda: client.remove_image(imported)):
        steps = client.build(
            fileobj=io.BytesIO(DOCKERFILE.format(imported=imported).encode()),
            tag=definition.tag(),
            labels=labels,
            rm=True,
            forcerm=True,
            decode=True,
        )
        image_build.follow(steps, lambda _: None)


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    while piece := stream.read(PIECE_BYTES):
        yield piece
