"""kind's published node image, with halab's proxy put where a node's containerd finds it."""

from __future__ import annotations

import io
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from lab.runtime.docker import image_build
from lab.runtime.kind.image import definition, nginx_image

if TYPE_CHECKING:
    import docker

    from lab.progress import Progress

ARCHIVE = "nginx.tar"
IMPORT = "ctr --namespace k8s.io images import --all-platforms --no-unpack --digests"
DOCKERFILE = f"""\
FROM {definition.PUBLISHED}
COPY {ARCHIVE} /kind/{ARCHIVE}
RUN (containerd >/dev/null 2>&1 &) \\
 && for tenth in $(seq 300); do ctr version >/dev/null 2>&1 && break; sleep 0.1; done \\
 && {IMPORT} --label io.cri-containerd.pinned=pinned /kind/{ARCHIVE} \\
 && rm /kind/{ARCHIVE} && pkill containerd
"""


def make(client: docker.APIClient, progress: Progress) -> None:
    """Pull the image and put the proxy into it. Raises DockerException and OSError."""
    if not client.images(name=definition.PUBLISHED):
        repository, _, digest = definition.PUBLISHED.partition("@")
        image_build.follow(client.pull(repository, tag=digest, stream=True, decode=True), progress)
    with tempfile.TemporaryFile() as context, tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / ARCHIVE
        nginx_image.save(client, archive)
        dockerfile = tarfile.TarInfo("Dockerfile")
        dockerfile.size = len(DOCKERFILE.encode())
        with tarfile.open(fileobj=context, mode="w") as tar:
            tar.addfile(dockerfile, io.BytesIO(DOCKERFILE.encode()))
            tar.add(archive, ARCHIVE)
        context.seek(0)
        steps = client.build(
            fileobj=context,
            custom_context=True,
            tag=definition.tag(),
            labels=definition.image_labels("registry"),
            rm=True,
            forcerm=True,
            decode=True,
            timeout=image_build.BUILD_TIMEOUT_S,
        )
        image_build.follow(steps, progress)
