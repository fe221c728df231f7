"""The runtime kind. Docker's SDK takes half a second to import: only where it is used."""

from __future__ import annotations

import shutil
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from lab.binaries.versions import KIND_VERSION
from lab.directories import state_home
from lab.environment import search_path
from lab.errors import LabError, RuntimeUnavailableError
from lab.runtime.capabilities import NO, UNTESTED, all_but
from lab.runtime.docker.driver import DockerDriver, installed
from lab.runtime.kind.expected import expected_cluster
from lab.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from lab.found import FoundCluster
    from lab.leftover import Leftover
    from lab.progress import Progress
    from lab.runtime.base import Daemon
    from lab.runtime.kind.runtime import KindRuntime
    from lab.runtime.request import ClusterRequest
    from lab.sentence import Words

NO_DISKS = sentence(
    "kind-no-disks", "kubeadm's etcd has its data in the node's container, not on a disk of its own"
)


class KindDriver:
    """Clusters of kind, made by kubeadm, with real kubelets: found, and not planned."""

    capabilities = all_but(
        {"disks": NO, "addresses": NO, "kubelets": "real ones", "other-systems": UNTESTED}
    )

    def expected(self, request: ClusterRequest) -> FoundCluster:
        """Return what a lab will be found to be. Raises ValueError for one that cannot be made."""
        return expected_cluster(request)

    def describe(self, cluster: str) -> Mapping[str, str | int | bool]:
        """Return the settings of a LabSpec that describe a cluster of kind. Raises LabError."""
        from lab.runtime.docker import connection  # noqa: PLC0415
        from lab.runtime.kind.description import settings_of  # noqa: PLC0415

        with closing(connection.connect()) as client:
            return settings_of(client, cluster)

    def at(self, directory: Path) -> KindRuntime:
        """Return the cluster of the lab in a directory, whether it exists or not."""
        from lab.runtime.kind.runtime import KindRuntime  # noqa: PLC0415

        return KindRuntime(directory)

    def unavailable(self, programs: Iterable[str]) -> Words:
        """Return why no cluster can be made here: it needs a daemon, and Docker's own command."""
        del programs  # the image has every program
        from lab.runtime.docker import connection  # noqa: PLC0415
        from lab.runtime.kind.requirements import daemon_problem  # noqa: PLC0415

        if shutil.which("docker", path=search_path()) is None:
            return sentence(
                "kind-no-docker-program",
                "kind calls the program `docker`, which is not installed (`make docker`)",
            )
        try:
            with closing(connection.connect()) as client:
                return daemon_problem(client)
        except LabError as error:
            return error.why

    def lacking(self) -> Mapping[str, Words]:
        """Return capability -> why it is missing on this machine."""
        return {"disks": NO_DISKS}

    def prepare(self, progress: Progress) -> None:
        """Make or pull the images of the nodes and of their agents. Raises LabError."""
        from lab.runtime.docker import connection, image_build  # noqa: PLC0415
        from lab.runtime.kind.image import build  # noqa: PLC0415
        from lab.runtime.kind.requirements import check_privileged  # noqa: PLC0415

        DockerDriver().prepare(progress)
        lock = state_home() / "kind_image.lock"
        with closing(connection.connect()) as client, image_build.exclusive(lock):
            check_privileged(client)
            build.ensure(client, progress)

    def versions(self, programs: Iterable[str]) -> dict[str, str]:
        """Return the version of kind: labs run no program of the system."""
        del programs
        return {"kind": KIND_VERSION}

    def daemon(self) -> Daemon:
        """Return the daemon that this command uses. Raises LabError."""
        return DockerDriver().daemon()

    def collect(self, home: Path, *, dry_run: bool) -> list[Leftover]:
        """Return nothing: what killed commands have left is collected with that of docker."""
        del home, dry_run
        return []

    def labs_with_leftovers(self, home: Path) -> set[str]:
        """Return the labs below a home of which a container or a network exists."""
        if not installed():
            return set()
        from lab.runtime.docker import connection  # noqa: PLC0415
        from lab.runtime.kind import removal  # noqa: PLC0415

        with suppress(RuntimeUnavailableError), closing(connection.connect()) as client:
            return removal.labs_of(client, home)
        return set()  # a command that needs the lab's record reports this error
