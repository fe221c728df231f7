"""Everything of a lab of kind that the daemon holds: found, removed, and the machine set back.

kind's containers are found by the name of their cluster, which no other lab has: kind lets nobody
put a label of ours on them.
"""

from __future__ import annotations

import contextlib
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import docker

from lab.directories import lab_in, state_home
from lab.runtime.docker.connection import sdk_errors
from lab.runtime.docker.listed import has_labs_name, names_of
from lab.runtime.docker.one_off import run_in_image
from lab.runtime.docker.parallel import in_parallel
from lab.runtime.kind import sysctls, visit
from lab.runtime.kind.cluster_record import read_cluster
from lab.runtime.kind.frozen_groups import thawed
from lab.runtime.kind.names import CLUSTER, LAB, labs_of_clusters
from lab.sentence import sentence

if TYPE_CHECKING:
    from pathlib import Path

REMOVE_TIMEOUT_S = 60.0
POLL_S = 0.1
CONFLICT = 409  # it is being removed already
_is_ours = partial(has_labs_name, label=LAB)


def labs_of(client: docker.APIClient, home: Path) -> set[str]:
    """Return the labs below a home of which a container or a network exists. Raises LabError."""
    with sdk_errors(sentence("looking-for-leftovers", "looking for leftovers of labs")):
        labelled = [
            *client.containers(all=True, filters={"label": LAB}),
            *client.networks(filters={"label": LAB}),
        ]
        clusters = client.containers(all=True, filters={"label": CLUSTER})
    labs = {lab_in(home, found["Labels"][LAB]) for found in labelled if _is_ours(found)}
    return (labs - {""}) | labs_of_clusters({found["Labels"][CLUSTER] for found in clusters}, home)


def other_lab(client: docker.APIClient, directory: Path) -> str:
    """Return the directory of another lab of kind on this daemon, "" without one."""
    with sdk_errors(sentence("kind-looking-for-others", "looking for other labs of kind")):
        networks = client.networks(filters={"label": LAB})
    others = {network["Labels"][LAB] for network in networks if _is_ours(network)}
    return min(others - {str(directory)}, default="")


def node_containers(client: docker.APIClient, directory: Path) -> list[dict[str, Any]]:
    """Return the containers of the cluster, as the engine lists them. Raises LabError."""
    with sdk_errors(sentence("kind-looking-at-nodes", "looking at the nodes")):
        cluster = f"{CLUSTER}={read_cluster(directory).name}"
        return list(client.containers(all=True, filters={"label": cluster}))


def _containers(client: docker.APIClient, directory: Path) -> list[dict[str, Any]]:
    """Return the containers to be removed: those of a cluster that is not ours are none of them."""
    with sdk_errors(sentence("listing-containers", "listing the lab's containers")):
        ours = client.containers(all=True, filters={"label": f"{LAB}={directory}"})
    nodes = node_containers(client, directory) if read_cluster(directory).made else []
    return [*filter(_is_ours, ours), *nodes]


def _networks(client: docker.APIClient, directory: Path) -> list[dict[str, Any]]:
    with sdk_errors(sentence("listing-networks", "listing the networks")):
        return list(filter(_is_ours, client.networks(filters={"label": f"{LAB}={directory}"})))


def remove_all(client: docker.APIClient, directory: Path) -> list[str]:
    """Remove every container, volume and network of a lab; return the names of what still exists.

    A cluster that is not ours is left as it was, one that is leaves the kernel as it was. Raises
    LabError.
    """
    if not read_cluster(directory).made:
        visit.leave(client, directory)
    until_s = time.monotonic() + REMOVE_TIMEOUT_S
    while (names := remove_once(client, directory)) and time.monotonic() < until_s:
        time.sleep(POLL_S)
    if not names:
        set_kernel_back(client, directory)
    return names


def remove_once(client: docker.APIClient, directory: Path) -> list[str]:
    """Request the removal of all that exists; return the names of what existed before it."""
    listed = _containers(client, directory)
    with thawed([each["Id"] for each in listed]):
        in_parallel(lambda each: _remove_container(client, each["Id"]), listed)
    networks = _networks(client, directory)
    for network in networks:
        # refused while a container is being removed, and when another command was quicker
        with contextlib.suppress(docker.errors.APIError):
            client.remove_network(network["Id"])
    names = [name for container in listed for name in names_of(container)]
    return names + [network["Name"] for network in networks]


def _remove_container(client: docker.APIClient, identity: str) -> None:
    removing = sentence("removing-container", "removing a container")
    with sdk_errors(removing), contextlib.suppress(docker.errors.NotFound):
        try:
            # its volumes, too: kind's nodes have /var in one without a name
            client.remove_container(identity, force=True, v=True)
        except docker.errors.APIError as error:
            if error.status_code != CONFLICT:
                raise


def set_kernel_back(client: docker.APIClient, directory: Path) -> None:
    """Set what the kubelets have changed of the kernel back to what was recorded.

    Where this user may not, a container does it that may: the user may make such containers.
    """
    wanted = sysctls.changed_by_kubelet(sysctls.recorded(directory), sysctls.current())
    if refused := sysctls.set_here(wanted):
        script = "; ".join(f"echo {value} > /proc/sys/{name}" for name, value in refused.items())
        run_in_image(client, ["sh", "-ec", script], state_home(), privileged=True)
