"""What runs in a container that is a node: its first process, and what `docker exec` starts.

The first process holds the agent's socket, forks the agent and replaces it when it dies. Its
standard input leads to the process that makes the lab: when that input ends, the node ends, unless
RELEASE has come before. The agent is not the first process, for nothing inside a container can kill
its first process.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
import threading
import time
from typing import Any

from lab.agent.mux import CHUNK_BYTES, Mux
from lab.agent.processes import kill_all
from lab.agent.relay import pump
from lab.agent.server import Agent
from lab.agent.supervision import forget_parent, keep

# Abstract: it is part of the node's network namespace, and no file of it can remain.
AGENT_SOCKET = "\0halab-agent"
AGENT_TIMEOUT_S = 30.0
POLL_S = 0.02


def serve(config: dict[str, Any]) -> None:
    """Run as the first process of a node: {node, home, port, frontend: [host, port] or null}."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(AGENT_SOCKET)
    listener.listen(64)
    agents = {_fork_agent(config, listener)}

    def replace(pid: int) -> None:
        if pid in agents:
            agents.remove(pid)
            agents.add(_fork_agent(config, listener))

    keep((), lambda _: None, replace)


def _fork_agent(config: dict[str, Any], listener: socket.socket) -> int:
    """Fork an agent into a node without processes; return its pid."""
    kill_all(None)
    pid = os.fork()
    if not pid:
        forget_parent(0)
        try:
            _run_agent(config, listener)
        finally:
            os._exit(70)
    return pid


def _run_agent(config: dict[str, Any], listener: socket.socket) -> None:
    if config["frontend"]:
        published = socket.create_server(("0.0.0.0", config["port"]), backlog=64)
        arguments = (published, config["frontend"])
        threading.Thread(target=_forward, args=arguments, daemon=True).start()
    Agent(config["node"], config["home"], alone=True).serve(listener)


def _forward(published: socket.socket, frontend: list[Any]) -> None:
    """Carry the connections of the published port to the frontend of this node."""

    def carry(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            target = socket.create_connection((frontend[0], frontend[1]), 5)
            target.settimeout(None)
            with target:
                pump(connection, target)

    while True:
        connection, _ = published.accept()
        threading.Thread(target=carry, args=(connection,), daemon=True).start()


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
        connection.connect(AGENT_SOCKET)
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
