"""The names of a lab of kind: of its cluster, its containers, its nodes and their labels. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lab.directories import is_lab_name, labs_folder
from lab.runtime.docker.containers import resource_name

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# kind's own labels: kind lets nobody put further ones on its containers.
CLUSTER, ROLE = "io.x-k8s.kind.cluster", "io.x-k8s.kind.role"
CONTROL_PLANE, WORKER, BALANCER = "control-plane", "worker", "external-load-balancer"
# Ours, on networks and side containers. Not those of labs of docker, whose clean-up has its own.
LAB, NODE, OWNER = "halab.kind", "halab.kind.node", "halab.kind.owner"
# Role of kind -> the prefix of our names.
PREFIXES = {CONTROL_PLANE: "master", WORKER: "worker", BALANCER: "balancer"}
ROLES = {
    CONTROL_PLANE: frozenset({"master", "etcd"}),
    WORKER: frozenset({"worker"}),
    BALANCER: frozenset({"balancer"}),
}


def lab_labels(directory: Path, owner: str) -> dict[str, str]:
    """Return the labels by which everything of a lab is found that is not kind's."""
    return {LAB: str(directory), OWNER: owner}


def node_name(role: str, number: int) -> str:
    """Return our name of a node with a role of kind."""
    return f"{PREFIXES[role]}-{number}"


def number_of(container: str, cluster: str, role: str) -> int:
    """Return the place of a container among those of its role, from 1. Raises ValueError."""
    match = re.fullmatch(rf"{re.escape(f'{cluster}-{role}')}(\d*)", container)
    if match is None:
        raise ValueError(f"{container} is no {role} of the cluster {cluster}")
    return int(match[1] or 1)


def side_name(directory: Path, node: str) -> str:
    """Return the name of the side container of a node."""
    return f"{resource_name(directory)}-agent-{node}"


def labs_of_clusters(clusters: Iterable[str], home: Path) -> set[str]:
    """Return the labs below a home whose clusters have these names."""
    labs = set()
    for cluster in clusters:
        lab = cluster.removeprefix("halab-").rpartition("-")[0]
        if is_lab_name(lab) and resource_name(labs_folder(home) / lab) == cluster:
            labs.add(lab)
    return labs
