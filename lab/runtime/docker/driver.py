"""Labs in containers. The SDK takes half a second to import: only where it is used."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from lab.directories import state_home
from lab.errors import LabError, RuntimeUnavailableError
from lab.runtime.capabilities import NO, UNTESTED, all_but
from lab.runtime.program_version import version_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lab.runtime.docker.nodes import DockerRuntime

SOCKETS = ("/var/run/docker.sock", "~/.docker/run/docker.sock", "~/.docker/contexts")
NO_DISKS = "a container without the rights of the host cannot mount a disk"


def installed() -> bool:
    """Whether there is any sign of Docker on this machine, without asking it."""
    return "DOCKER_HOST" in os.environ or any(Path(one).expanduser().exists() for one in SOCKETS)


class DockerDriver:
    """One container a node, with Docker or what speaks its API."""

    capabilities = all_but({"disks": NO, "other-systems": UNTESTED})

    def at(self, directory: Path) -> DockerRuntime:
        """Return the nodes of the lab in a directory, made or not."""
        from lab.runtime.docker.nodes import DockerRuntime  # noqa: PLC0415

        return DockerRuntime(directory)

    def unavailable(self, programs: Iterable[str]) -> str:
        """Return why no daemon can be used; the image has every program."""
        del programs
        from lab.runtime.docker.connection import connect  # noqa: PLC0415

        try:
            connect().close()
        except RuntimeUnavailableError as error:
            return str(error)
        return ""

    def lacking(self) -> dict[str, str]:
        """Return which capabilities are not to be had, and why."""
        return {"disks": NO_DISKS}

    def prepare(self, say: Callable[[str], None]) -> None:
        """Make the image of the nodes if it is not there. Raises LabError."""
        from lab.runtime.docker import connection, image_build  # noqa: PLC0415

        lock = state_home() / "node_image.lock"
        with closing(connection.connect()) as client, image_build.alone(lock):
            if not image_build.present(client):
                image_build.build(client, say)

    def versions(self, programs: Iterable[str]) -> dict[str, str]:
        """Return what the image's programs say of themselves. Raises LabError."""
        from lab.runtime.docker import connection, image_build  # noqa: PLC0415

        wanted = list(programs)
        if not wanted:
            return {}
        script = "; ".join(f"echo {name} $({name} -v 2>&1 | tr '\\n' ' ')" for name in wanted)
        with closing(connection.connect()) as client:
            said = image_build.run_in_image(client, ["sh", "-c", script], state_home())
        found = {}
        for line in said.splitlines():
            name, _, text = line.partition(" ")
            found[name] = version_in(text)
        return found

    def left_behind(self, home: Path) -> set[str]:
        """Return the labs below a home of which a container or a network is there."""
        if not installed():
            return set()
        from lab.runtime.docker.connection import connect, error_text  # noqa: PLC0415
        from lab.runtime.docker.containers import DIRECTORY  # noqa: PLC0415

        try:
            client = connect()
        except LabError:
            return set()  # a lab that has a record is asked for by it, and then this is said
        with closing(client), error_text("looking for what labs have left"):
            wanted = {"label": DIRECTORY}
            found = [*client.containers(all=True, filters=wanted), *client.networks(filters=wanted)]
        folders = {Path(one["Labels"][DIRECTORY]) for one in found}
        return {one.name for one in folders if one.parent == home / "labs"}
