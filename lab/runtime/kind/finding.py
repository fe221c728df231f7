"""Finds a cluster: asks the daemon for its containers, and the masters for what they run."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.balancers.base import Placement
from lab.balancers.registry import balancer_of
from lab.clients.kubernetes import ready_nodes
from lab.errors import LabError
from lab.nodes import APISERVER_PORT, LOOPBACK
from lab.runtime.docker.connection import sdk_errors
from lab.runtime.kind.commands import archive_of, run_in
from lab.runtime.kind.credentials import ADMIN_CONF
from lab.runtime.kind.discovery import (
    MANIFESTS,
    cluster_of,
    containers_in,
    manifests_in,
    pod_ranges_in,
)
from lab.runtime.kind.expected import EXTERNAL
from lab.runtime.kind.kept_nodes import KeptNode
from lab.runtime.kind.names import BALANCER, CLUSTER, CONTROL_PLANE
from lab.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    import docker

    from lab.found import FoundCluster
    from lab.nodes import Node
    from lab.runtime.kind.discovery import NodeContainer
    from lab.runtime.request import ClusterRequest

BALANCING_PROGRAMS = ("haproxy", "envoy")


def find_containers(client: docker.APIClient, cluster: str) -> list[NodeContainer]:
    """Return the containers of a cluster, masters first, none without one. Raises LabError."""
    with sdk_errors(sentence("kind-looking-at-nodes", "looking at the nodes")):
        listed = client.containers(all=True, filters={"label": f"{CLUSTER}={cluster}"})
        return containers_in([client.inspect_container(each["Id"]) for each in listed])


def placement_of(nodes: Sequence[Node], request: ClusterRequest, network: str) -> Placement:
    """Return which node has which role, as balancers need to know it. Pure."""
    of_role = {
        role: tuple(node for node in nodes if role in node.roles)
        for role in ("master", "worker", "balancer")
    }
    return Placement(
        of_role["master"],
        of_role["worker"],
        of_role["balancer"],
        request.proxy_port,
        request.lb_config.text,
        network,
    )


@dataclass(frozen=True)
class Finding:
    """A cluster as it was found, and its containers; `network`: its range of addresses."""

    request: ClusterRequest
    found: FoundCluster
    containers: list[NodeContainer]
    network: str

    @property
    def masters(self) -> list[NodeContainer]:
        """The containers of its masters."""
        return [each for each in self.containers if each.role == CONTROL_PLANE]

    @property
    def placement(self) -> Placement:
        """Which node has which role, as balancers need to know it."""
        return placement_of(self.found.nodes, self.request, self.network)

    @property
    def frontend(self) -> tuple[str, int]:
        """Where clients on a worker reach the apiservers: host and port."""
        return balancer_of(self.request.lb).frontend(self.placement)

    def ready_hosts(self, client: docker.APIClient) -> set[str]:
        """Return the hosts whose nodes are Ready now, by the first master. Raises LabError."""
        listed = json.loads(list_nodes(client, self.masters[0]))
        return {host for host, ready in ready_nodes(listed, {}).items() if ready}

    def kept_nodes(self) -> list[KeptNode]:
        """Return what the keeper has to know of the nodes; each agent gets a boot id."""
        containers = {each.host: each for each in self.containers}
        return [
            KeptNode(
                node.name,
                containers[node.host].identity,
                node.host,
                containers[node.host].network,
                node.address,
                uuid.uuid4().hex,
                {
                    part.name: {
                        "program": part.argv[0].rpartition("/")[2],
                        "supervisor": part.supervisor,
                    }
                    for part in self.found.components
                    if part.node == node.name
                },
                self.frontend if "worker" in node.roles else None,
            )
            for node in self.found.nodes
        ]


def find_cluster(
    client: docker.APIClient, cluster: str, request: ClusterRequest, network: str
) -> Finding:
    """Find a cluster, all of whose nodes must run. Raises LabError."""
    containers = find_containers(client, cluster)
    if stopped := [each.host for each in containers if not each.running]:
        raise LabError(
            sentence(
                "kind-nodes-stopped",
                "not all nodes of the cluster {cluster} run: {nodes} stopped",
                cluster=cluster,
                nodes=", ".join(stopped),
            )
        )
    masters = [each for each in containers if each.role == CONTROL_PLANE]
    if not masters:
        raise no_cluster(cluster)
    manifests = {
        each.host: manifests_in(archive_of(client, each.identity, MANIFESTS)) for each in masters
    }
    if request.lb == EXTERNAL:
        component = balancer_of(EXTERNAL).component
        for each in containers:
            if each.role == BALANCER:
                manifests[each.host] = {component: [_balancing_program(client, each)]}
    found = cluster_of(
        request, containers, manifests, pod_ranges_in(list_nodes(client, masters[0]))
    )
    return Finding(request, found, containers, network)


def _balancing_program(client: docker.APIClient, balancer: NodeContainer) -> str:
    """Return what balances in kind's own balancer: Envoy, or what stands in for it."""
    with sdk_errors(sentence("kind-looking-at", "looking at {node}", node=balancer.host)):
        processes = client.top(balancer.identity, ps_args="-o pid,comm")["Processes"] or []
    running = {process[-1] for process in processes}
    return next((program for program in BALANCING_PROGRAMS if program in running), "envoy")


def list_nodes(client: docker.APIClient, master: NodeContainer) -> str:
    """Return the API's list of nodes, as a master's own apiserver gives it. Raises LabError."""
    server = f"--server=https://{LOOPBACK}:{APISERVER_PORT}"
    argv = ["kubectl", f"--kubeconfig={ADMIN_CONF}", server, "get", "nodes", "--output=json"]
    asking = sentence("kind-looking-at-nodes", "looking at the nodes")
    return run_in(client, master.identity, argv, asking)


def no_cluster(cluster: str) -> LabError:
    """Return the error of a cluster that is not there."""
    text = "no cluster {cluster} of kind runs here; `kind get clusters` lists those that exist"
    return LabError(sentence("kind-no-cluster", text, cluster=cluster))
