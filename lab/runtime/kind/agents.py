"""The agents of a lab of kind: each in a side container, reached by `docker exec`."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import docker

from lab.clients.channel import no_agent
from lab.errors import AgentError, LabError
from lab.readiness import wait_until
from lab.runtime.docker import node_image, ownership
from lab.runtime.docker.connection import sdk_errors
from lab.runtime.docker.exec_stream import Trunk
from lab.runtime.docker.trunks import Trunks
from lab.runtime.kind.deaths import Deaths
from lab.runtime.kind.names import side_name
from lab.runtime.kind.side_container import side_body
from lab.sentence import sentence

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from pathlib import Path

    from lab.runtime.kind.kept_nodes import KeptNode

RUNS = sentence("kind-runs", "it runs")
STOP_TIMEOUT_S = 10
# The engine notices the end of a side container after that of its node.
ENDED_TIMEOUT_S = 10.0


class SideContainers:
    """The side containers of a lab. `client` gives the connection to the daemon."""

    def __init__(self, directory: Path, client: Callable[[], docker.APIClient]) -> None:
        self._directory = directory
        self._client = client
        self._trunks = Trunks(self._enter)
        self._deaths = Deaths(directory, self._trunks.forget)

    def start(self, node: KeptNode) -> None:
        """Start the agent of a node that runs, in its side container. Raises LabError."""
        self._trunks.forget(node.name)  # it leads to the last one
        client, name = self._client(), side_name(self._directory, node.name)
        starting = sentence("kind-starting-agent", "starting the agent of {node}", node=node.name)
        with sdk_errors(starting):
            if self._inspected(name) is None:
                owner = ownership.own_user()
                body = side_body(self._directory, node, node_image.tag(), owner)
                client.create_container_from_config(body, name)
        ended = sentence("kind-side-ended", "the last agent of {node} to end", node=node.name)
        wait_until(ended, lambda: RUNS if self.runs(node.name) else None, ENDED_TIMEOUT_S)
        with sdk_errors(starting):
            client.start(name)

    def stop(self, node: KeptNode) -> None:
        """End an agent, which takes back what is in of its faults. Raises LabError.

        One that was killed has left them in; another one, started for that, finds them.
        """
        name = side_name(self._directory, node.name)
        if self._inspected(name) is None:
            return
        if not self.runs(node.name):
            self.start(node)
        with sdk_errors(
            sentence("kind-stopping-agent", "ending the agent of {node}", node=node.name)
        ):
            self._client().stop(name, timeout=STOP_TIMEOUT_S)

    def _inspected(self, name: str) -> dict[str, Any] | None:
        looking = sentence("kind-looking-at", "looking at {node}", node=name)
        with sdk_errors(looking), contextlib.suppress(docker.errors.NotFound):
            found: dict[str, Any] = self._client().inspect_container(name)
            return found
        return None

    def runs(self, node: str) -> bool:
        """Whether the side container of a node runs. Raises LabError."""
        found = self._inspected(side_name(self._directory, node))
        return found is not None and bool(found["State"]["Running"])

    def channel(self, node: str) -> socket.socket:
        """Open a channel to a node's agent; the first one starts its trunk. Raises AgentError."""
        return self._trunks.channel(node)

    def _enter(self, node: str) -> Trunk:
        try:
            self._deaths.watch()
            if self.runs(node):
                return Trunk(self._client(), side_name(self._directory, node), node)
        except LabError as error:
            raise no_agent(node, error.why) from error
        raise AgentError(
            sentence(
                "kind-no-agent",
                "no agent runs on node {node}: its power is off, or its containers were stopped or "
                "removed from outside; `halab down {lab}` removes the rest of the lab",
                node=node,
                lab=self._directory.name,
            )
        )

    def close(self) -> None:
        """End the trunks of this process."""
        self._deaths.close()
        self._trunks.close()
