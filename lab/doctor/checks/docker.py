"""The Docker daemon, for the runtime docker. Its SDK takes half a second to import."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from lab.doctor.check import DOCKER, NONE, Check, lacking, ok, remark
from lab.errors import LabError
from lab.runtime.docker.driver import DockerDriver

if TYPE_CHECKING:
    from lab.doctor.check import Finding

SNAP = "/var/snap/"


def _daemon() -> Finding:
    reason = DockerDriver().unavailable(())
    if reason:
        return lacking(str(reason))
    from lab.runtime.docker.connection import address, connect  # noqa: PLC0415

    with closing(connect()) as client:
        version = client.version()
        root = str(client.info().get("DockerRootDir", ""))
    found = f"{address()}, {version.get('Version')}, API {version.get('ApiVersion')}"
    if root.startswith(SNAP):
        return remark(f"{found}, of snap: it sees only files below $HOME without a leading dot")
    return ok(found)


def _image() -> Finding:
    from lab.runtime.docker import bootstrap_image, made_images, node_image  # noqa: PLC0415
    from lab.runtime.docker.connection import connect  # noqa: PLC0415

    try:
        with closing(connect()) as client:
            if made_images.exists(client, node_image.tag()):
                return ok(node_image.tag())
    except LabError:
        return lacking("no daemon, no image")
    reason = bootstrap_image.why_impossible()
    other = f"; without a registry it cannot be made: {reason}" if reason else ""
    return remark(f"{node_image.tag()} is made at first use{other}")


CHECKS = (
    Check(
        "docker-daemon",
        DOCKER,
        "nodes of docker are containers of a daemon on this machine",
        "make docker, systemctl start docker, or Docker Desktop; `usermod -aG docker` lets a user "
        "use it, and makes him as mighty as root",
        _daemon,
    ),
    Check(
        "docker-image",
        NONE,
        "the image of all nodes",
        "halab images build",
        _image,
    ),
)
