"""Our side of an agent's channel."""

from __future__ import annotations

import base64
import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from lab.errors import AgentError

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

    from lab.runtime.base import Runtime


@dataclass(frozen=True)
class Stream:
    """The output of a process on a node; closing the channel ends the process."""

    channel: socket.socket
    pid: int


def _handshake(channel: socket.socket, node: str, request: dict[str, Any]) -> Any:
    channel.sendall(json.dumps(request).encode() + b"\n")
    line = b""
    while not line.endswith(b"\n"):
        byte = channel.recv(1)
        if not byte:
            raise AgentError(f"{node}: the agent closed the channel")
        line += byte
    answer = json.loads(line)
    if not answer["ok"]:
        channel.close()
        raise AgentError(f"{node}: {answer['error']}")
    return answer.get("value")


CALL_TIMEOUT_S = 30.0


class AgentClient:
    """Requests to one node's agent, one at a time."""

    def __init__(self, runtime: Runtime, node: str) -> None:
        self.node = node
        self._runtime = runtime
        self._channel = runtime.channel(node)
        self._channel.settimeout(CALL_TIMEOUT_S)
        self._lines = self._channel.makefile("rb")
        self._lock = threading.Lock()

    def call(self, op: str, **request: Any) -> Any:
        """Send one request and return the agent's value. Raises AgentError."""
        with self._lock:
            try:
                self._channel.sendall(json.dumps({"op": op, **request}).encode() + b"\n")
                line = self._lines.readline()
            except TimeoutError as error:
                raise AgentError(f"{self.node}: the channel broke: {error}") from error
            except OSError as error:
                raise self._gone(f"the channel broke: {error}") from error
        if not line:
            raise self._gone("the agent closed the channel")
        answer = json.loads(line)
        if not answer["ok"]:
            raise AgentError(f"{self.node}: {op}: {answer['error']}")
        return answer["value"]

    def _gone(self, seen: str) -> AgentError:
        """Return why there is no channel any more: the runtime knows when the node is gone."""
        try:
            self._runtime.channel(self.node).close()
        except AgentError as error:
            return error
        return AgentError(f"{self.node}: {seen}")

    def put(self, files: Mapping[str, bytes]) -> None:
        """Write files into the node's directory, mode 0600."""
        encoded = {path: base64.b64encode(data).decode() for path, data in files.items()}
        self.call("put", files=encoded)

    def relay(self, host: str, port: int) -> socket.socket:
        """Open a TCP connection inside the node's network."""
        channel = self._runtime.channel(self.node)
        _handshake(channel, self.node, {"op": "relay", "host": host, "port": port})
        return channel

    def stream(self, argv: list[str]) -> Stream:
        """Run a process on the node. Raises AgentError."""
        channel = self._runtime.channel(self.node)
        return Stream(channel, _handshake(channel, self.node, {"op": "stream", "argv": argv}))

    def close(self) -> None:
        """Close the channel; faults that belong to it are healed by the agent."""
        self._lines.close()
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
