"""How halab leaves a cluster that it has only visited: as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.afterwards import afterwards
from lab.runtime.kind.agents import SideContainers
from lab.runtime.kind.cluster_record import read_cluster
from lab.runtime.kind.commands import run_in
from lab.runtime.kind.credentials import ADMIN_CONF
from lab.runtime.kind.finding import find_containers
from lab.runtime.kind.kept_nodes import read_nodes
from lab.runtime.kind.names import CONTROL_PLANE
from lab.runtime.kind.power import PowerSupply
from lab.sentence import sentence

if TYPE_CHECKING:
    from pathlib import Path

    import docker

# What lab.rbac makes, which is above this package. Until an apiserver answers: a master may have
# been started only now.
REMOVE_OBJECTS = f"""
until_s=$((SECONDS + 60))
until kubectl --kubeconfig={ADMIN_CONF} --request-timeout=10s delete --ignore-not-found \\
  namespace/halab clusterrole/halab-probe clusterrolebinding/halab-probe; do
  [ $SECONDS -lt $until_s ] || exit 1
  sleep 1
done
"""


def leave(client: docker.APIClient, directory: Path) -> None:
    """Take back every fault that is in, and remove halab's objects; idempotent. Raises LabError."""
    agents = SideContainers(directory, lambda: client)
    with afterwards(agents.close):
        PowerSupply(directory, agents, lambda: client).switch_all_on()
        for node in read_nodes(directory).values():
            agents.stop(node)
    for container in find_containers(client, read_cluster(directory).name):
        if container.role == CONTROL_PLANE and container.running:
            removing = sentence("kind-removing-objects", "removing halab's objects")
            run_in(client, container.identity, ["bash", "-c", REMOVE_OBJECTS], removing)
            return
