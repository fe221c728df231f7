"""Containers: one a node, from one image of ours, its agent reached by `docker exec`."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

import docker
from docker.types import IPAMConfig, IPAMPool

from lab.agent.supervision import RELEASE
from lab.agent_archive import pack_agent
from lab.clients.agent import AgentClient
from lab.errors import AgentError, CleanupError, LabError, RuntimeUnavailableError
from lab.runtime.docker import leftovers, networks, node_image, ownership
from lab.runtime.docker.connection import connect, error_text, hijacked
from lab.runtime.docker.containers import GATE_PORT, NODE, Containers, labels, stem
from lab.runtime.docker.exec_stream import Trunk
from lab.runtime.docker.parallel import side_by_side

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from lab.nodes import Component, Node
    from lab.runtime.base import Served

# What a node's /tmp holds is the component's own there, and ends with it.
PRIVATE_TMP = 'find /tmp -mindepth 1 -delete; exec "$0" "$@"'


class DockerRuntime:
    """The containers and the network of one lab, found again by the label of its directory."""

    python = "python3"

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.ports: dict[str, int] = {}
        self._trunks: dict[str, Trunk] = {}
        self._held: list[socket.socket] = []
        self._connected: docker.APIClient | None = None
        self._lock = threading.RLock()

    @property
    def _client(self) -> docker.APIClient:
        with self._lock:
            if self._connected is None:
                self._connected = connect()
            return self._connected

    @property
    def _owner(self) -> str:
        return f"{os.geteuid()}:{os.getegid()}"

    def reserve(self) -> str:
        """Make the lab's network; return its range of addresses. Raises LabError."""
        with error_text("listing the networks"):
            taken = networks.of_docker(self._client.networks()) | networks.of_host()
        refusal = ""
        for candidate in networks.free(taken):
            try:
                self._make_network(str(candidate))
            except docker.errors.APIError as error:
                refusal = str(error.explanation)
                if "overlap" not in refusal:  # else another lab was quicker
                    raise LabError(f"the network of the lab cannot be made: {refusal}") from error
            else:
                return str(candidate)
        raise RuntimeUnavailableError(
            "no range of addresses in 10.83.0.0 to 10.90.255.255 is free for a lab; "
            f"`docker network ls` shows who has them. {refusal}".rstrip()
        )

    def _make_network(self, subnet: str) -> None:
        self._client.create_network(
            stem(self.directory),
            driver="bridge",
            check_duplicate=True,
            labels=labels(self.directory, self._owner),
            # nodes talk to one another; what leaves the network gets no answer
            options={"com.docker.network.bridge.enable_ip_masquerade": "false"},
            ipam=IPAMConfig(
                pool_configs=[IPAMPool(subnet=subnet, gateway=networks.gateway(subnet))]
            ),
        )

    def create(self, nodes: Sequence[Node], served: Served, programs: Mapping[str, Path]) -> None:
        """Make and start the containers; each answers at the address that it was to have."""
        pack_agent(self.directory / "agent.pyz")
        for node in nodes:
            (self.directory / "nodes" / node.name).mkdir(parents=True, exist_ok=True)
        image = node_image.tag()
        made_of = Containers(self.directory, nodes, served, programs, image, self._owner)
        try:
            side_by_side(lambda node: self._start(node, made_of.body(node)), nodes)
        except BaseException:
            self.destroy()
            raise

    def _start(self, node: Node, body: dict[str, Any]) -> None:
        with error_text(f"making node {node.name}"):
            made = self._client.create_container_from_config(
                body, f"{stem(self.directory)}-{node.name}"
            )
            # before it starts, so that there is no moment in which it could outlive us
            params = {"stdin": 1, "stream": 1}
            held = hijacked(self._client.attach_socket(made["Id"], params=params))
            self._held.append(held)
            self._client.start(made["Id"])
        trunk = Trunk(self._client, made["Id"], node.name)
        with self._lock:
            self._trunks[node.name] = trunk
        with AgentClient(self, node.name) as agent:
            addresses = agent.addresses()
        if node.address not in [one.partition("/")[0] for one in addresses]:
            raise LabError(
                f"node {node.name} was to have {node.address} and has {', '.join(addresses)}: "
                "this engine does not give containers the addresses that are asked for"
            )
        if body["ExposedPorts"]:
            self.ports[node.name] = self._published(made["Id"])

    def _published(self, identity: str) -> int:
        with error_text("looking for the published port"):
            found = self._client.port(identity, GATE_PORT)
        if not found:
            raise LabError("the engine published no port for the clients on this machine")
        return int(found[0]["HostPort"])

    def release(self) -> None:
        """Tell every node that it no longer ends with us. Raises AgentError."""
        for held in self._held:
            try:
                held.sendall(RELEASE)
            except OSError as error:
                raise AgentError(f"a node could not be released: {error}") from error
        self._let_go()

    def _let_go(self) -> None:
        for held in self._held:
            held.close()
        self._held.clear()

    def channel(self, node: str) -> socket.socket:
        """Open a channel; the first one to a node enters its container."""
        with self._lock:
            trunk = self._trunks.get(node)
            if trunk is None or trunk.broken:
                trunk = self._trunks[node] = self._enter(node)
        return trunk.channel()

    def _enter(self, node: str) -> Trunk:
        try:
            there = leftovers.containers(self._client, self.directory)
            found = [one for one in there if one["Labels"].get(NODE) == node]
            if found and found[0]["State"] == "running":
                return Trunk(self._client, found[0]["Id"], node)
        except LabError as error:
            raise AgentError(f"no agent answers on node {node}: {error}") from error
        raise AgentError(
            f"node {node} is gone: its container was stopped or removed from outside; "
            f"`halab down {self.directory.name}` removes the rest of the lab"
        )

    def command(self, component: Component, find: Callable[[str], str]) -> list[str]:
        """Return how a node starts a component: every program is in its PATH."""
        del find
        argv = list(component.argv)
        return ["sh", "-c", PRIVATE_TMP, *argv] if component.private_tmp else argv

    def alive(self) -> bool:
        """Whether any node of the lab runs. Raises LabError when the daemon does not say."""
        return any(
            one["State"] == "running" for one in leftovers.containers(self._client, self.directory)
        )

    def close(self) -> None:
        """Close what this process has open."""
        for trunk in self._trunks.values():
            trunk.close()
        self._trunks.clear()
        self._let_go()
        if self._connected is not None:
            self._connected.close()
            self._connected = None

    def destroy(self) -> None:
        """Remove every container and network with the lab's label, and what root left on disk."""
        try:
            still = leftovers.remove(self._client, self.directory)
            if ownership.foreign(self.directory):
                ownership.give_back(self._client, self.directory)
        except LabError as error:
            raise CleanupError(
                f"lab {self.directory.name} could not be removed: {error}; `halab gc` does it when "
                "Docker is back"
            ) from error
        finally:
            self.close()
        if still:
            raise CleanupError(
                f"Docker still has {', '.join(still)} of lab {self.directory.name} after "
                f"{leftovers.REMOVE_TIMEOUT_S:g} s; `halab gc` tries again"
            )
