"""A cluster as its containers and manifests show it. Pure: it reads what the engine answers."""

from __future__ import annotations

import io
import json
import tarfile
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import yaml

from lab.errors import LabError
from lab.found import POWER_AGENT, FoundCluster
from lab.nodes import LOOPBACK, Component, Node
from lab.runtime.kind.expected import EXTERNAL, components_on, roles_of
from lab.runtime.kind.names import BALANCER, CLUSTER, PREFIXES, ROLE, node_name, number_of
from lab.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lab.runtime.request import ClusterRequest

# The folder of a master's static pods, as an archive of the engine names its files.
MANIFESTS = "/etc/kubernetes/manifests"
PORT_FLAG, ADDRESS_FLAG = "--secure-port=", "--bind-address="


@dataclass(frozen=True)
class NodeContainer:
    """A container of a cluster. `host`: its name, by which the cluster knows the node."""

    identity: str
    host: str
    role: str
    number: int
    network: str
    address: str
    more_addresses: tuple[str, ...]
    running: bool


def node_of(container: NodeContainer, request: ClusterRequest, pods: Sequence[str]) -> Node:
    """Return the node that a container is, by our name. `pods`: the ranges of its pods."""
    return Node(
        node_name(container.role, container.number),
        container.address,
        roles_of(container.role, request),
        container.host,
        (*container.more_addresses, *pods),
    )


def containers_in(inspected: Iterable[Mapping[str, Any]]) -> list[NodeContainer]:
    """Return the containers of one cluster, masters first, each role in kind's order.

    Raises LabError for one that is in no network, or in several.
    """
    containers = [_container(answer) for answer in inspected]
    order = list(PREFIXES)
    return sorted(containers, key=lambda each: (order.index(each.role), each.number))


def _container(answer: Mapping[str, Any]) -> NodeContainer:
    labels, name = answer["Config"]["Labels"], answer["Name"].removeprefix("/")
    try:
        number = number_of(name, labels[CLUSTER], labels[ROLE])
    except (ValueError, KeyError) as error:
        text = "container {container} is no node as kind makes them: {error}"
        raise LabError(sentence("kind-no-node", text, container=name, error=str(error))) from error
    networks = answer["NetworkSettings"]["Networks"]
    if len(networks) != 1:
        raise LabError(
            sentence(
                "kind-networks-of-node",
                "node {node} is in {count} networks, and only one can be its own",
                node=name,
                count=len(networks),
            )
        )
    [(network, attached)] = networks.items()
    further = attached.get("GlobalIPv6Address")
    return NodeContainer(
        answer["Id"],
        name,
        labels[ROLE],
        number,
        network,
        attached["IPAddress"],
        (further,) if further else (),
        bool(answer["State"]["Running"]),
    )


def manifests_in(archive: bytes) -> dict[str, list[str]]:
    """Return static pod -> the command of its container, of an archive of their folder."""
    commands = {}
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            if member.isreg() and member.name.endswith((".yaml", ".yml")):
                file = tar.extractfile(member)
                assert file is not None  # of a regular file
                pod = yaml.safe_load(file)
                commands[pod["metadata"]["name"]] = list(pod["spec"]["containers"][0]["command"])
    return commands


def pod_ranges_in(nodes: str) -> dict[str, list[str]]:
    """Return host -> the ranges of addresses of its pods, of the API's list of nodes."""
    return {
        node["metadata"]["name"]: list(node["spec"].get("podCIDRs", []))
        for node in json.loads(nodes)["items"]
    }


def cluster_of(
    request: ClusterRequest,
    containers: Sequence[NodeContainer],
    manifests: Mapping[str, Mapping[str, list[str]]],
    pods: Mapping[str, Sequence[str]],
) -> FoundCluster:
    """Return the cluster. `manifests`: host -> static pod -> command; `pods`: host -> ranges.

    Without the mode `external` kind's own balancer is none of its nodes: no client uses it.
    """
    nodes = tuple(
        node_of(container, request, pods.get(container.host, ()))
        for container in containers
        if container.role != BALANCER or request.lb == EXTERNAL
    )
    components = [
        _as_found(part, manifests.get(node.host, {}))
        for node in nodes
        for part in components_on(node, request)
    ]
    return FoundCluster(nodes, tuple(components), POWER_AGENT)


def _as_found(part: Component, commands: Mapping[str, list[str]]) -> Component:
    """Return a component with the command of its static pod, and what that says."""
    argv = tuple(commands.get(part.name, part.argv))
    port, loopback = part.port, part.loopback
    for argument in argv:
        if argument.startswith(PORT_FLAG):
            port = int(argument.removeprefix(PORT_FLAG))
        elif argument.startswith(ADDRESS_FLAG):
            loopback = argument.removeprefix(ADDRESS_FLAG) == LOOPBACK
    return replace(part, argv=argv, port=port, loopback=loopback)
