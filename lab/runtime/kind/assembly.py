"""How a lab of kind is put together: kind's cluster, then what halab and kubespray add to it.

Everything that follows kind's own work is done side by side, node by node.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from lab.binaries.resolve import resolve
from lab.errors import NotReadyError
from lab.readiness import wait_until
from lab.runtime.docker.containers import resource_name
from lab.runtime.kind.balancing import Balancing, with_kubelet_log
from lab.runtime.kind.cluster_config import cluster_config
from lab.runtime.kind.creation import create_cluster
from lab.runtime.kind.credentials import lent_credentials, own_credentials, write_credentials
from lab.runtime.kind.finding import find_cluster
from lab.runtime.kind.image import definition
from lab.runtime.kind.kept_nodes import write_nodes
from lab.runtime.kind.names import BALANCER
from lab.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import docker

    from lab.found import FoundCluster
    from lab.progress import Progress
    from lab.runtime.kind.agents import SideContainers
    from lab.runtime.kind.finding import Finding
    from lab.runtime.request import ClusterRequest
    from lab.sentence import Words

# Measured: nodes are Ready before halab has started its agents; the last one 5 s after it joined.
READY_TIMEOUT_S = 120.0


@dataclass(frozen=True)
class Assembly:
    """The lab in a directory that is being put together. `network`: its range of addresses."""

    client: docker.APIClient
    directory: Path
    request: ClusterRequest
    agents: SideContainers
    network: str
    progress: Progress

    def make(self) -> FoundCluster:
        """Make the cluster, and return it as it was found. Raises LabError."""
        kind = resolve(["kind"], progress=self.progress).path("kind")
        config = cluster_config(self.request, definition.tag())
        balancing = Balancing(self.client, self.directory, self.request, self.network)
        with balancing.beside_kind() as also:

            def begun(step: str) -> None:
                self.progress(f"kind: {step}")
                also(step)

            create_cluster(self.client, self.directory, kind, config, begun)
        cluster = resource_name(self.directory)
        finding = find_cluster(self.client, cluster, self.request, self.network)
        self.progress("starting the agents")
        self._enter(finding, own_credentials, balancing.after_kind(finding))
        self._wait_ready(finding)
        return finding.found

    def _wait_ready(self, finding: Finding) -> None:
        """Wait for all nodes to be Ready; say what the kubelet of one says that is not."""
        hosts = [each.host for each in finding.containers if each.role != BALANCER]
        unready = list(hosts)

        def check() -> Words | None:
            nonlocal unready
            ready = finding.ready_hosts(self.client)
            unready = [host for host in hosts if host not in ready]
            if not unready:
                return None
            text = "{nodes} not Ready"
            return sentence("kind-nodes-not-ready", text, nodes=", ".join(unready))

        try:
            wait_until(sentence("nodes-ready", "all nodes to be Ready"), check, READY_TIMEOUT_S)
        except NotReadyError as error:
            raise with_kubelet_log(self.client, error, unready[0]) from error

    def visit(self) -> FoundCluster:
        """Enter a cluster that exists, and change nothing in it. Raises LabError."""
        finding = find_cluster(self.client, self.request.attach, self.request, self.network)
        self.progress("starting the agents")
        self._enter(finding, lent_credentials, [])
        return finding.found

    def _enter(
        self,
        finding: Finding,
        credentials: Callable[[docker.APIClient, str], Mapping[str, bytes]],
        further: Sequence[Callable[[], None]],
    ) -> None:
        """Start the agents, write the credentials, do what is to be done besides."""
        nodes = finding.kept_nodes()
        write_nodes(self.directory, nodes)
        for node in nodes:
            (self.directory / "nodes" / node.name).mkdir(parents=True, exist_ok=True)

        def write() -> None:
            files = credentials(self.client, finding.masters[0].identity)
            write_credentials(self.directory, [node.name for node in nodes], files)

        _side_by_side([write, *(partial(self.agents.start, node) for node in nodes), *further])


def _side_by_side(steps: Sequence[Callable[[], None]]) -> None:
    """Do all steps at once; raise the first error when all have ended."""
    with ThreadPoolExecutor(len(steps)) as pool:
        for done in [pool.submit(step) for step in steps]:
            done.result()
