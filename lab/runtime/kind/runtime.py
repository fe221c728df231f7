"""A lab that kind makes: its cluster, the agents beside its nodes, and its keeper."""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lab.afterwards import afterwards, if_it_fails
from lab.agent_archive import pack_agent
from lab.environment import tools_environment
from lab.errors import AgentError, LabError, RuntimeUnavailableError
from lab.found import POWER_AGENT
from lab.nodes import DEFAULT_NETWORK, LOOPBACK
from lab.runtime.docker import ownership
from lab.runtime.docker.connection import Connection, address
from lab.runtime.docker.containers import resource_name
from lab.runtime.docker.lab_end import end_lab
from lab.runtime.docker.reservation import reserve_range
from lab.runtime.kind import removal, sysctls
from lab.runtime.kind.agents import SideContainers
from lab.runtime.kind.assembly import Assembly
from lab.runtime.kind.cluster_record import ClusterRecord, write_cluster
from lab.runtime.kind.names import lab_labels
from lab.runtime.netns.agent_socket import connect_to
from lab.runtime.netns.keeper_process import KeeperProcess
from lab.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import docker

    from lab.found import FoundCluster
    from lab.nodes import Component, Node
    from lab.progress import Progress
    from lab.runtime.base import Frontends
    from lab.runtime.request import ClusterRequest

KEEPER = "lab.runtime.kind.keeper"
# Arguments: where this process finds modules, the module, and the module's own. The keeper has the
# same packages as we, whatever files the current folder holds.
START = (
    "import json, runpy, sys; sys.path[:] = json.loads(sys.argv.pop(1)); "
    "runpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)"
)


def keeper_argv(directory: Path) -> list[str]:
    """Return the command of the keeper without its last argument."""
    root = Path(__file__).parents[len(__name__.split(".")) - 1]
    places = [str(root), *(place for place in sys.path if os.path.isabs(place))]  # noqa: PTH117
    return [sys.executable, "-I", "-S", "-c", START, json.dumps(places), KEEPER, str(directory)]


def keeper_environment() -> dict[str, str]:
    """Return the environment of the keeper: it asks the daemon that this command asks."""
    return {**tools_environment(), "DOCKER_HOST": address()}


class KindRuntime:
    """The cluster of one lab, whose name is that of its directory and its containers."""

    python = "python3"

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.ports: dict[str, int] = {}
        self._keeper = KeeperProcess(directory)
        self._connection = Connection()
        self._agents = SideContainers(directory, self._connection.client)
        self._found: FoundCluster | None = None

    @property
    def _client(self) -> docker.APIClient:
        return self._connection.client()

    def reserve(self) -> str:
        """Return a range for all labs: that of this one is chosen when it is known what it is."""
        return DEFAULT_NETWORK

    def _make_network(self) -> str:
        """Make the lab's network; return its range of addresses. Raises LabError."""
        self._check_alone()
        labels = lab_labels(self.directory, ownership.own_user())
        network = resource_name(self.directory)
        reserved = reserve_range(self._client, network, labels, outside=True)
        self._check_alone()  # another command may have looked at the same moment
        return reserved

    def _check_alone(self) -> None:
        if other := removal.other_lab(self._client, self.directory):
            name = other.rpartition("/")[2]
            raise RuntimeUnavailableError(
                sentence(
                    "kind-another-lab",
                    "there is another lab of kind, in {directory}, and one at a time is what a "
                    "machine carries; `halab down {lab}` removes it, `halab gc` what is left of it",
                    directory=other,
                    lab=name,
                )
            )

    def create(
        self,
        request: ClusterRequest,
        nodes: Sequence[Node],
        frontends: Frontends,
        programs: Mapping[str, Path],
        progress: Progress,
    ) -> None:
        """Start the keeper, which removes everything should we be killed; then make the cluster."""
        del nodes, programs  # they are kind's, and in its image
        with if_it_fails(self.destroy):
            if request.attach:
                write_cluster(self.directory, ClusterRecord(request.attach, made=False))
            self._start_keeper(list(frontends))
            pack_agent(self.directory / "agent.pyz")
            if request.attach:
                self._found = self._assembly(request, DEFAULT_NETWORK, progress).visit()
            else:
                sysctls.record(self.directory)
                network = self._make_network()
                self._found = self._assembly(request, network, progress).make()

    def _assembly(self, request: ClusterRequest, network: str, progress: Progress) -> Assembly:
        return Assembly(self._client, self.directory, request, self._agents, network, progress)

    def _start_keeper(self, workers: Sequence[str]) -> None:
        listeners = {worker: socket.create_server((LOOPBACK, 0)) for worker in workers}
        self.ports = {name: listener.getsockname()[1] for name, listener in listeners.items()}
        fds = {str(listener.fileno()): worker for worker, listener in listeners.items()}
        argv = [*keeper_argv(self.directory), json.dumps({"ports": fds})]
        with afterwards(*(listener.close for listener in listeners.values())):
            self._keeper.start(argv, listeners.values(), keeper_environment())

    def found(self) -> FoundCluster | None:
        """Return the cluster as `create` has found it."""
        return self._found

    def release(self) -> None:
        """Let the lab outlive this process. Raises AgentError."""
        self._keeper.release()

    def channel(self, node: str) -> socket.socket:
        """Open a channel to the agent of a node, or to the keeper. Raises AgentError."""
        if node == POWER_AGENT:
            return connect_to(self.directory, node)
        try:
            return self._agents.channel(node)
        except AgentError:
            raise
        except LabError as error:
            raise AgentError(error.why) from error

    def command(self, component: Component, find: Callable[[str], str]) -> list[str]:
        """Return the command of a component; no agent starts one here."""
        del find
        return list(component.argv)

    def alive(self) -> bool:
        """Whether the keeper runs and any node exists; its power may be off. Raises LabError."""
        return self._keeper.runs() and bool(removal.node_containers(self._client, self.directory))

    def close(self) -> None:
        """Close the trunks and connections of this process."""
        self._agents.close()
        self._connection.close()

    def destroy(self) -> None:
        """End the keeper, remove what is kind's and ours, and set the kernel back."""
        with afterwards(self.close):
            self._keeper.end()
            end_lab(
                *(self._connection, self.directory),
                *(removal.remove_all, removal.REMOVE_TIMEOUT_S),
            )
