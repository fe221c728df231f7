"""The runtime docker. Its SDK takes half a second to import: only where it is used."""

from __future__ import annotations

import os
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from lab.directories import state_home
from lab.errors import LabError, RuntimeUnavailableError
from lab.runtime.capabilities import NO, UNTESTED, all_but
from lab.runtime.planned import NO_SWAPS, SWAPS, PlannedLabs
from lab.runtime.program_version import version_in
from lab.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lab.leftover import Leftover
    from lab.progress import Progress
    from lab.runtime.base import Daemon
    from lab.runtime.docker.nodes import DockerRuntime
    from lab.sentence import Words

SOCKETS = ("/var/run/docker.sock", "~/.docker/run/docker.sock", "~/.docker/contexts")
NO_DISKS = sentence(
    "container-without-disks", "a container without the rights of the host cannot mount a disk"
)


def installed() -> bool:
    """Whether this machine may have Docker, without asking the daemon."""
    return "DOCKER_HOST" in os.environ or any(Path(path).expanduser().exists() for path in SOCKETS)


class DockerDriver(PlannedLabs):
    """A container for each node, with Docker or an engine that has its API."""

    name = "docker"
    capabilities = all_but({"disks": NO, SWAPS: NO, "other-systems": UNTESTED})

    def at(self, directory: Path) -> DockerRuntime:
        """Return the nodes of the lab in a directory, whether they exist or not."""
        from lab.runtime.docker.nodes import DockerRuntime  # noqa: PLC0415

        return DockerRuntime(directory)

    def unavailable(self, programs: Iterable[str]) -> Words:
        """Return why no daemon can be used; the image has every program."""
        del programs
        from lab.runtime.docker.connection import connect  # noqa: PLC0415

        try:
            connect().close()
        except RuntimeUnavailableError as error:
            return error.why
        return ""

    def lacking(self) -> Mapping[str, Words]:
        """Return capability -> why it is missing on this machine."""
        return {"disks": NO_DISKS, SWAPS: NO_SWAPS}

    def prepare(self, progress: Progress) -> None:
        """Make the image of the nodes if it does not exist. Raises LabError."""
        from lab.runtime.docker import (  # noqa: PLC0415
            connection,
            image_build,
            made_images,
            node_image,
        )

        lock = state_home() / "node_image.lock"
        with closing(connection.connect()) as client, image_build.exclusive(lock):
            if not made_images.exists(client, node_image.tag()):
                image_build.build_image(client, progress)

    def versions(self, programs: Iterable[str]) -> dict[str, str]:
        """Return the versions of the image's programs. Raises LabError."""
        from lab.runtime.docker import connection, one_off  # noqa: PLC0415

        names = list(programs)
        if not names:
            return {}
        script = "; ".join(f"echo {name} $({name} -v 2>&1 | tr '\\n' ' ')" for name in names)
        with closing(connection.connect()) as client:
            output = one_off.run_in_image(client, ["sh", "-c", script], state_home())
        versions = {}
        for line in output.splitlines():
            name, _, text = line.partition(" ")
            versions[name] = version_in(text)
        return versions

    def daemon(self) -> Daemon:
        """Return the daemon that this command uses. Raises LabError."""
        from lab.runtime.docker import connection  # noqa: PLC0415

        with closing(connection.connect()) as client:
            return connection.daemon_of(client)

    def collect(self, home: Path, *, dry_run: bool) -> list[Leftover]:
        """Remove what killed commands have left: images half made, containers of a command."""
        from lab.runtime.docker import connection, image_scratch, one_off  # noqa: PLC0415

        removed = image_scratch.collect(dry_run=dry_run)
        if installed():
            with suppress(RuntimeUnavailableError), closing(connection.connect()) as client:
                removed += one_off.collect(client, home, dry_run=dry_run)
        return removed

    def labs_with_leftovers(self, home: Path) -> set[str]:
        """Return the labs below a home of which a container or a network exists."""
        if not installed():
            return set()
        from lab.runtime.docker import connection, leftovers  # noqa: PLC0415

        try:
            client = connection.connect()
        except LabError:
            return set()  # a command that needs the lab's record reports this error
        with closing(client):
            return leftovers.labs_of(client, home)
