"""What kind needs of a Docker daemon."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.directories import state_home
from lab.errors import LabError, RuntimeUnavailableError
from lab.runtime.docker.connection import sdk_errors
from lab.runtime.docker.one_off import run_in_image
from lab.sentence import sentence

if TYPE_CHECKING:
    import docker

    from lab.sentence import Words

ROOTLESS = "name=rootless"


def daemon_problem(client: docker.APIClient) -> Words:
    """Return why kind can make no cluster with a daemon, "" when it can. Raises LabError."""
    asking = sentence("asking-daemon", "asking the Docker daemon who it is")
    with sdk_errors(asking):
        info, version = client.info(), client.version()
    if any("Podman" in part["Name"] for part in version.get("Components") or []):
        return sentence("kind-podman", "labs of kind need Docker, and this daemon is Podman's")
    rootless = any(ROOTLESS in option for option in info.get("SecurityOptions") or [])
    if rootless and str(info.get("CgroupVersion", "1")) == "1":
        return sentence(
            "kind-rootless",
            "this Docker daemon is rootless, and this machine has control groups of version 1: "
            "kind needs a daemon of root, or version 2 (systemd.unified_cgroup_hierarchy=1)",
        )
    return ""


def check_privileged(client: docker.APIClient) -> None:
    """Run one privileged container. Raises RuntimeUnavailableError when the daemon cannot."""
    try:
        run_in_image(client, ["true"], state_home(), privileged=True)
    except LabError as error:
        raise RuntimeUnavailableError(
            sentence(
                "kind-not-privileged",
                "kind's nodes are privileged containers, which this Docker daemon cannot run: "
                "{why}. Where this machine's own rights are limited, as in a container, a daemon "
                "that `make docker-stop docker` starts can",
                why=error.why,
            )
        ) from error
