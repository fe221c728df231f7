"""The containers of a lab, one for each node; agents are reached by `docker exec`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.afterwards import afterwards, if_it_fails
from lab.agent.supervision import RELEASE
from lab.agent_archive import pack_agent
from lab.clients.agent import AgentClient
from lab.clients.channel import no_agent
from lab.errors import AgentError, LabError
from lab.runtime.docker import leftovers, node_image, ownership
from lab.runtime.docker.connection import Connection, hijacked, sdk_errors
from lab.runtime.docker.containers import (
    KUBECONFIG_PORT,
    NODE,
    Containers,
    lab_labels,
    resource_name,
)
from lab.runtime.docker.exec_stream import Trunk
from lab.runtime.docker.lab_end import end_lab
from lab.runtime.docker.node_errors import (
    node_elsewhere,
    node_gone,
)
from lab.runtime.docker.parallel import in_parallel
from lab.runtime.docker.reservation import reserve_range
from lab.runtime.docker.trunks import Trunks
from lab.sentence import sentence

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import docker

    from lab.nodes import Component, Node
    from lab.progress import Progress
    from lab.runtime.base import Frontends
    from lab.runtime.request import ClusterRequest

# No other component of a node uses /tmp, so it is emptied before the start.
PRIVATE_TMP = 'find /tmp -mindepth 1 -delete; exec "$0" "$@"'


class DockerRuntime:
    """The containers and the network of one lab, found by the label of its directory."""

    python = "python3"

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.ports: dict[str, int] = {}
        self._trunks = Trunks(self._enter)
        self._inputs: list[socket.socket] = []  # of the containers that end with us
        self._connection = Connection()

    @property
    def _client(self) -> docker.APIClient:
        return self._connection.client()

    def reserve(self) -> str:
        """Make the lab's network; return its range of addresses. Raises LabError."""
        # nodes reach one another; packets that leave the network get no answer
        labels = lab_labels(self.directory, ownership.own_user())
        return reserve_range(self._client, resource_name(self.directory), labels, outside=False)

    def create(
        self,
        request: ClusterRequest,
        nodes: Sequence[Node],
        frontends: Frontends,
        programs: Mapping[str, Path],
        progress: Progress,
    ) -> None:
        """Make and start the containers, and check that each has its planned address."""
        del request, progress  # all is planned, and quick
        pack_agent(self.directory / "agent.pyz")
        for node in nodes:
            (self.directory / "nodes" / node.name).mkdir(parents=True, exist_ok=True)
        image, owner = node_image.tag(), ownership.own_user()
        containers = Containers(self.directory, nodes, frontends, programs, image, owner)
        with if_it_fails(self.destroy):
            in_parallel(lambda node: self._start(node, containers.body(node)), nodes)

    def _start(self, node: Node, body: dict[str, Any]) -> None:
        with sdk_errors(sentence("making-node", "making node {node}", node=node.name)):
            container = self._client.create_container_from_config(
                body, f"{resource_name(self.directory)}-{node.name}"
            )
            # attached before the start, so that the container can never outlive this process
            params = {"stdin": 1, "stream": 1}
            stdin = hijacked(self._client.attach_socket(container["Id"], params=params))
            self._inputs.append(stdin)
            self._client.start(container["Id"])
        self._trunks.add(Trunk(self._client, container["Id"], node.name))
        with AgentClient(self, node.name) as agent:
            addresses = agent.addresses()
        if node.address not in [address.partition("/")[0] for address in addresses]:
            raise node_elsewhere(node, addresses)
        if body["ExposedPorts"]:
            self.ports[node.name] = self._published(container["Id"])

    def _published(self, identity: str) -> int:
        with sdk_errors(sentence("looking-for-port", "looking for the published port")):
            bindings = self._client.port(identity, KUBECONFIG_PORT)
        if not bindings:
            raise LabError(
                sentence(
                    "no-published-port",
                    "the engine published no port for the clients on this machine",
                )
            )
        return int(bindings[0]["HostPort"])

    def found(self) -> None:
        """Its nodes are as they were planned."""

    def release(self) -> None:
        """Let every node outlive this process. Raises AgentError."""
        for stdin in self._inputs:
            try:
                stdin.sendall(RELEASE)
            except OSError as error:
                raise AgentError(
                    sentence(
                        "node-not-released",
                        "a node could not be released: {error}",
                        error=str(error),
                    )
                ) from error
        self._close_inputs()

    def _close_inputs(self) -> None:
        for stdin in self._inputs:
            stdin.close()
        self._inputs.clear()

    def channel(self, node: str) -> socket.socket:
        """Open a channel; the first channel to a node starts its trunk."""
        return self._trunks.channel(node)

    def _enter(self, node: str) -> Trunk:
        try:
            for container in leftovers.containers(self._client, self.directory):
                if container["Labels"].get(NODE) == node and container["State"] == "running":
                    return Trunk(self._client, container["Id"], node)
        except LabError as error:
            raise no_agent(node, error.why) from error
        raise node_gone(node, self.directory.name)

    def command(self, component: Component, find: Callable[[str], str]) -> list[str]:
        """Return the command of a component on a node: every program is in its PATH."""
        del find
        argv = list(component.argv)
        return ["sh", "-c", PRIVATE_TMP, *argv] if component.private_tmp else argv

    def alive(self) -> bool:
        """Whether any node of the lab runs. Raises LabError when the daemon does not answer."""
        containers = leftovers.containers(self._client, self.directory)
        return any(container["State"] == "running" for container in containers)

    def close(self) -> None:
        """Close the trunks and connections of this process."""
        self._trunks.close()
        self._close_inputs()
        self._connection.close()

    def destroy(self) -> None:
        """Remove the lab's containers and networks, and take over files that root has written."""
        with afterwards(self.close):
            end_lab(
                *(self._connection, self.directory),
                *(leftovers.remove_leftovers, leftovers.REMOVE_TIMEOUT_S),
            )
