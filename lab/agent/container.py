"""What runs in a container that is a node: its first process, and what `docker exec` starts.

In a container beside a node that was found it is the same, without being the node's first process:
see lab.agent.side_container.

The first process holds the agent's socket, forks the agent and replaces it when it dies. Its
standard input leads to the process that makes the lab: when that input ends, the node ends, unless
RELEASE has come before. The agent is not the first process, for nothing inside a container can kill
its first process.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import os
import signal
import socket
import struct
import sys
import time
import traceback
from typing import Any, Callable

from lab.agent.acceptor import PORT_MOST, Acceptor, room
from lab.agent.given_up import answer_with
from lab.agent.mux import CHUNK_BYTES, Mux
from lab.agent.processes import kill_all
from lab.agent.relay import CONNECT_TIMEOUT_S, pump
from lab.agent.restarts import Restarts, given_up_reason
from lab.agent.server import Agent
from lab.agent.side_container import adopt_orphans, take_back
from lab.agent.supervision import forget_parent, keep

# Abstract: it is part of the node's network namespace, and no file of it can remain.
AGENT_SOCKET = "\0halab-agent"
AGENT_TIMEOUT_S = 30.0
POLL_S = 0.02
ACCEPT_S = 5
TIMEVAL = struct.Struct("@ll")
# Of the agent's descriptors: two for each connection of the published port.
PORT_SHARE = 0.12


def serve(config: dict[str, Any]) -> None:
    """Run as the first process of a node, or beside a node with what is `found` there.

    `config`: {node, home, port, frontend: [host, port] or null}; beside a node also {found: {name:
    {program, supervisor}}, boot}: the components, and the identity of the first agent.
    """
    found = config.get("found")
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0) if found is None else sys.exit(0))
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(AGENT_SOCKET)
    listener.listen(64)
    # an agent that has died has lost its faults: the next one is known to be another
    boots = itertools.chain([config.get("boot", "")], itertools.repeat(""))

    def remove() -> None:
        if found is None:
            kill_all(None)
        else:
            take_back(found)

    restarts = Restarts(
        lambda _: _fork_agent(config, listener, next(boots)),
        lambda _: remove(),
        lambda node: answer_with(listener, given_up_reason(node)),
    )
    with contextlib.ExitStack() as ends:
        if found is not None:
            adopt_orphans()
            ends.callback(remove)
        restarts.start(config["node"])
        keep(restarts.ended, restarts.run_due)


def _fork_agent(config: dict[str, Any], listener: socket.socket, boot: str) -> int:
    """Fork an agent; return its pid. Raises OSError."""
    pid = os.fork()
    if not pid:
        forget_parent(0)
        try:
            _run_agent(config, listener, boot)
        except Exception:  # noqa: BLE001 (the process ends with it)
            traceback.print_exc()
        finally:
            os._exit(70)
    return pid


def _run_agent(config: dict[str, Any], listener: socket.socket, boot: str) -> None:
    if config["frontend"]:
        published = socket.create_server(("0.0.0.0", config["port"]), backlog=64)
        carry = functools.partial(_carry, config["frontend"])
        Acceptor(published, carry, room(PORT_MOST, PORT_SHARE), evicts=True).start()
    found = config.get("found")
    Agent(config["node"], config["home"], alone=True, found=found, boot=boot).serve(listener)


def _carry(frontend: list[Any], connection: socket.socket, used: Callable[[], None]) -> None:
    """Carry a connection of the published port to the frontend of this node."""
    target = socket.create_connection((frontend[0], frontend[1]), CONNECT_TIMEOUT_S)
    target.settimeout(None)
    with target:
        pump(connection, target, used)


class TrunkEnd(Mux):
    """The inner end of a trunk: each channel is a connection to the agent."""

    def __init__(self) -> None:
        super().__init__(0, 1, self._read_trunk, connect_to_agent)

    def _read_trunk(self) -> bytes | None:
        return os.read(0, CHUNK_BYTES) or None


def connect_to_agent() -> socket.socket:
    """Return a connection to the agent. Raises OSError."""
    connection = socket.socket(socket.AF_UNIX)
    try:
        # an agent that hangs accepts nobody, and the trunk has other channels to end
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, TIMEVAL.pack(ACCEPT_S, 0))
        connection.connect(AGENT_SOCKET)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, TIMEVAL.pack(0, 0))
    except OSError:
        connection.close()
        raise
    return connection


def serve_trunk() -> None:
    """Carry channels over standard input and output until these end."""
    until_s = time.monotonic() + AGENT_TIMEOUT_S
    while time.monotonic() < until_s:
        try:
            connect_to_agent().close()
            break
        except OSError:
            time.sleep(POLL_S)  # the first process has only just been started
    for fd in (0, 1):
        os.set_blocking(fd, False)
    TrunkEnd().serve()


def main() -> None:
    """Dispatch: `node CONFIG`, or `trunk`."""
    if sys.argv[1] == "node":
        serve(json.loads(sys.argv[2]))
    else:
        serve_trunk()
