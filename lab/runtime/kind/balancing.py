"""How kubelets and kube-proxies are led to where clients on workers are measured.

Those of kind are led to its own balancer, or to the only master. What can be done while kind joins
nodes is done then: balancers start with their kubelets, kube-proxies with their nodes.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from lab.balancers.registry import balancer_of
from lab.errors import LabError
from lab.runtime.docker.containers import resource_name
from lab.runtime.kind import worker_balancers
from lab.runtime.kind.creation import kubelet_log
from lab.runtime.kind.discovery import node_of
from lab.runtime.kind.expected import EXTERNAL, NONE
from lab.runtime.kind.finding import find_containers, placement_of
from lab.runtime.kind.image.definition import NGINX_IMAGE
from lab.runtime.kind.names import CONTROL_PLANE, WORKER
from lab.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import docker

    from lab.runtime.kind.discovery import NodeContainer
    from lab.runtime.kind.finding import Finding
    from lab.runtime.request import ClusterRequest

# How kind calls the steps in which the first master serves, and all containers exist.
JOINING = "Joining"


@dataclass(frozen=True)
class Balancing:
    """The balancers of a lab that kind makes. `network`: its range of addresses."""

    client: docker.APIClient
    directory: Path
    request: ClusterRequest
    network: str

    @property
    def is_kinds_own(self) -> bool:
        """Whether everything is led where it should be by kind already."""
        return self.request.lb == EXTERNAL or (
            self.request.lb == NONE and self.request.masters == 1
        )

    @contextmanager
    def beside_kind(self) -> Iterator[Callable[[str], None]]:
        """Give what is called with each step that kind begins; at the end everything is done.

        Raises LabError.
        """
        with ThreadPoolExecutor(1) as pool:
            work: list[Future[None]] = []

            def begun(step: str) -> None:
                if step.startswith(JOINING) and not work:
                    work.append(pool.submit(self._start))

            yield begun
            (work[0] if work else pool.submit(self._start)).result()

    def _start(self) -> None:
        """Give each worker its balancer, and lead the kube-proxies to it. Raises LabError."""
        if self.is_kinds_own:
            return
        containers = find_containers(self.client, resource_name(self.directory))
        nodes = [node_of(each, self.request, ()) for each in containers]
        placement = placement_of(nodes, self.request, self.network)
        balancer = balancer_of(self.request.lb)
        if balancer.program is not None:
            for worker in _of_role(containers, WORKER):
                worker_balancers.start_balancer(
                    self.client, worker, balancer.program, placement, NGINX_IMAGE
                )
        host, port = balancer.frontend(placement)
        master = _of_role(containers, CONTROL_PLANE)[0]
        worker_balancers.repoint_proxies(self.client, master, host, port)

    def after_kind(self, finding: Finding) -> list[Callable[[], None]]:
        """Return what is left to be done: to lead the kubelets of workers."""
        if self.is_kinds_own:
            return []
        return [
            partial(self._lead, worker, *finding.frontend)
            for worker in _of_role(finding.containers, WORKER)
        ]

    def _lead(self, worker: NodeContainer, host: str, port: int) -> None:
        try:
            worker_balancers.repoint_kubelet(self.client, worker, host, port)
        except LabError as error:
            raise with_kubelet_log(self.client, error, worker.host) from error


def with_kubelet_log(client: docker.APIClient, error: LabError, host: str) -> LabError:
    """Return an error with the last lines of a node's kubelet."""
    log = "\n".join(kubelet_log(client, host))
    return type(error)(sentence("kind-with-log", "{why}\n{log}", why=error.why, log=log))


def _of_role(containers: Sequence[NodeContainer], role: str) -> list[NodeContainer]:
    return [each for each in containers if each.role == role]
