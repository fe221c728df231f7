"""Requests to an agent over one channel: lines of JSON, numbered, one at a time."""

from __future__ import annotations

import itertools
import json
import select
import socket
import threading
import time
from typing import TYPE_CHECKING, Any, Protocol

from lab.errors import AgentError
from lab.sentence import labelled, read_words, sentence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lab.sentence import Words

CALL_TIMEOUT_S = 30.0
# The agent gives up a connection into its network after 5 s.
HANDSHAKE_TIMEOUT_S = 10.0
CHUNK_BYTES = 65536
# What poll reports of a connection that the other side has closed; the first on Linux alone.
ENDED = getattr(select, "POLLRDHUP", 0) | select.POLLHUP


def _line(number: int, session: str, op: str, arguments: Mapping[str, Any]) -> bytes:
    request = {"id": number, "session": session, "op": op, "arguments": arguments}
    return json.dumps(request).encode() + b"\n"


def _decoded(line: bytes | bytearray) -> dict[str, Any]:
    """Return an answer, {} for a line that is only the end of an answer."""
    try:
        answer = json.loads(line)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _first_line(connection: socket.socket, until_s: float) -> bytes:
    """Read one line and no byte more; less when the channel ends. Raises TimeoutError."""
    line = b""
    while not line.endswith(b"\n"):
        _bound(connection, until_s)
        waiting = connection.recv(CHUNK_BYTES, socket.MSG_PEEK)
        if not waiting:
            break
        line += connection.recv(waiting.find(b"\n") + 1 or len(waiting))
    return line


def _bound(connection: socket.socket, until_s: float) -> None:
    """Let nothing wait on a connection longer than until then."""
    connection.settimeout(max(until_s - time.monotonic(), 0.001))


def _has_ended(connection: socket.socket) -> bool:
    """Whether either side has closed a connection; other threads may read from it."""
    looking = select.poll()
    try:
        looking.register(connection, ENDED)
    except (OSError, ValueError):
        return True
    return bool(looking.poll(0))


def _broken(error: OSError) -> Words:
    return sentence("channel-broke", "the channel broke: {error}", error=str(error))


def no_connection(node: str, error: OSError) -> AgentError:
    """Return the error of a node to which no connection can be made from here."""
    return AgentError(
        sentence(
            "no-connection",
            "no connection to node {node}: {error}",
            node=node,
            error=str(error),
        )
    )


def no_agent(node: str, why: Words) -> AgentError:
    """Return the error of a node on which nothing answers as an agent."""
    return AgentError(
        sentence("no-agent", "no agent answers on node {node}: {why}", node=node, why=why)
    )


class Nodes(Protocol):
    """A runtime, as far as it opens channels to agents."""

    def channel(self, node: str) -> socket.socket:
        """Open a new byte channel to a node's agent. Raises AgentError."""


class AgentChannel:
    """A channel of a session, whose faults live as long as any of its channels.

    A call that was interrupted or timed out does not disturb the next call: every request begins
    on a new line, and answers with another number, or incomplete ones, are skipped. The channel is
    kept then, because the agent does the requests of a channel in their order: an undo after its
    fault.
    """

    def __init__(self, nodes: Nodes, node: str, session: str) -> None:
        self._nodes = nodes
        self._node = node
        self._session = session
        self._broke = False
        self._socket = nodes.channel(node)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    @property
    def gone(self) -> bool:
        """Whether it has ended, for its agent or its node has."""
        return self._broke or _has_ended(self._socket)

    def ask(self, op: str, arguments: Mapping[str, Any], timeout_s: float | None = None) -> Any:
        """Send one request and return the value of its answer. Raises AgentError.

        It is sent however late it is, after the requests of other threads: it may be an undo.
        """
        timeout_s = CALL_TIMEOUT_S if timeout_s is None else timeout_s
        until_s = time.monotonic() + timeout_s
        with self._lock:
            number = next(self._numbers)
            try:
                self._socket.settimeout(timeout_s)
                self._socket.sendall(b"\n" + _line(number, self._session, op, arguments))
                answer = self._answer_to(number, until_s)
            except TimeoutError as error:
                late = sentence(
                    "agent-late",
                    "{node}: {op}: no answer within {timeout_s:g} s",
                    node=self._node,
                    op=op,
                    timeout_s=timeout_s,
                )
                raise AgentError(late) from error
            except OSError as error:
                raise self._gone(_broken(error)) from error
        if not answer:
            raise self._gone(sentence("agent-closed-channel", "the agent closed the channel"))
        return self._value(op, answer)

    def _value(self, op: str, answer: dict[str, Any]) -> Any:
        if not answer.get("ok"):
            ended = sentence("channel-ended", "the channel ended")
            raise self._failed(op, read_words(answer["error"]) if "error" in answer else ended)
        return answer["value"]

    def _failed(self, op: str, why: Words) -> AgentError:
        return AgentError(
            sentence("agent-failed", "{node}: {op}: {why}", node=self._node, op=op, why=why)
        )

    def _answer_to(self, number: int, until_s: float) -> dict[str, Any]:
        """Return the answer with this number, {} when the channel ends before it."""
        received = bytearray()
        while True:
            _bound(self._socket, until_s)
            chunk = self._socket.recv(CHUNK_BYTES)
            if not chunk:
                return {}
            received += chunk
            *lines, received = received.split(b"\n")
            for answer in map(_decoded, lines):
                if answer.get("id") == number:
                    return answer

    def _gone(self, reason: Words) -> AgentError:
        """Return why the channel is gone: the runtime knows whether the node is gone, too."""
        self._broke = True
        try:
            self._nodes.channel(self._node).close()
        except AgentError as error:
            return error
        return AgentError(labelled(self._node, reason))

    def open_raw(self, op: str, arguments: Mapping[str, Any]) -> tuple[socket.socket, Any]:
        """Open another channel that carries raw bytes; return it and the value of its first answer.

        Raises AgentError, also when the agent does not answer in time.
        """
        connection = self._nodes.channel(self._node)
        try:
            until_s = time.monotonic() + HANDSHAKE_TIMEOUT_S
            _bound(connection, until_s)
            connection.sendall(_line(0, "", op, arguments))
            value = self._value(op, _decoded(_first_line(connection, until_s)))
            connection.settimeout(None)
        except OSError as error:
            connection.close()
            raise self._failed(op, _broken(error)) from error
        except BaseException:
            connection.close()
            raise
        return connection, value

    def close(self) -> None:
        """Close it."""
        self._socket.close()
