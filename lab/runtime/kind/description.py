"""A cluster of kind that exists already, in the settings by which labs are described."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import yaml

from lab.nodes import APISERVER_PORT, LOOPBACK
from lab.runtime.kind.commands import file_of
from lab.runtime.kind.credentials import KUBELET_CONF
from lab.runtime.kind.expected import EXTERNAL, NGINX, NONE
from lab.runtime.kind.finding import find_containers, no_cluster
from lab.runtime.kind.names import BALANCER, CONTROL_PLANE, WORKER

if TYPE_CHECKING:
    import docker

    from lab.runtime.kind.discovery import NodeContainer

SERVER = re.compile(r"https://(?P<host>[^:/]+)(:(?P<port>\d+))?")


def settings_of(client: docker.APIClient, cluster: str) -> dict[str, str | int | bool]:
    """Return the settings of a LabSpec. Raises LabError where no node of such a cluster runs."""
    containers = find_containers(client, cluster)
    masters, workers, balancers = (
        [each for each in containers if each.role == role]
        for role in (CONTROL_PLANE, WORKER, BALANCER)
    )
    if not any(master.running for master in masters):
        raise no_cluster(cluster)
    lb, port = _balancing(client, workers, balancers)
    return {
        "etcd": len(masters),
        "masters": len(masters),
        "workers": len(workers),
        "stacked": True,
        "lb": lb,
        "proxy_port": port,
    }


def _balancing(
    client: docker.APIClient, workers: list[NodeContainer], balancers: list[NodeContainer]
) -> tuple[str, int]:
    """Return the mode of balancing, and its port: what the workers' own kubelets use."""
    if workers:
        server = server_in(file_of(client, workers[0].identity, KUBELET_CONF))
        if server[0] in (LOOPBACK, "localhost"):
            return NGINX, server[1]
    return (EXTERNAL if balancers and workers else NONE), APISERVER_PORT


def server_in(kubeconfig: bytes) -> tuple[str, int]:
    """Return host and port of the apiserver of a kubeconfig. Pure."""
    address = yaml.safe_load(kubeconfig)["clusters"][0]["cluster"]["server"]
    match = SERVER.match(address)
    return (match["host"], int(match["port"] or 443)) if match else ("", 0)
