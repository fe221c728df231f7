"""What runs in a container that is a node: its first process, and what `docker exec` starts.

The first process holds the agent's socket, forks the agent and replaces it when it dies. Its
standard input leads to the process that makes the lab: its end is the node's end, unless RELEASE
has come before. An agent could not be the first process: nothing inside can kill that one.
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
from lab.agent.server import Agent
from lab.agent.streams import pump
from lab.agent.supervision import forget_parent, keep

# Abstract: it lives in the node's network namespace, and needs no file that could be left.
DOOR = "\0halab-agent"
DOOR_TIMEOUT_S = 30.0
POLL_S = 0.02


def serve(config: dict[str, Any]) -> None:
    """Be the first process of a node: {node, home, port, frontend: [host, port] or null}."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    door = socket.socket(socket.AF_UNIX)
    door.bind(DOOR)
    door.listen(64)
    agents = {_fork_agent(config, door)}

    def replace(pid: int) -> None:
        if pid in agents:
            agents.remove(pid)
            agents.add(_fork_agent(config, door))

    keep((), lambda _: None, replace)


def _fork_agent(config: dict[str, Any], door: socket.socket) -> int:
    """Fork an agent into a node without processes; return its pid."""
    kill_all(None)
    pid = os.fork()
    if not pid:
        forget_parent(0)
        try:
            _be_agent(config, door)
        finally:
            os._exit(70)
    return pid


def _be_agent(config: dict[str, Any], door: socket.socket) -> None:
    if config["frontend"]:
        gate = socket.create_server(("0.0.0.0", config["port"]), backlog=64)
        threading.Thread(target=_forward, args=(gate, config["frontend"]), daemon=True).start()
    Agent(config["node"], config["home"], alone=True).serve(door)


def _forward(gate: socket.socket, frontend: list[Any]) -> None:
    """Carry what comes in at the published port to what the clients on this node connect to."""

    def carry(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            target = socket.create_connection((frontend[0], frontend[1]), 5)
            target.settimeout(None)
            with target:
                pump(connection, target)

    while True:
        connection, _ = gate.accept()
        threading.Thread(target=carry, args=(connection,), daemon=True).start()


class Door(Mux):
    """The inner end of a trunk: each channel is a connection to the agent."""

    def __init__(self) -> None:
        super().__init__(0, 1, self._read, connect)

    def _read(self) -> bytes | None:
        return os.read(0, CHUNK_BYTES) or None


def connect() -> socket.socket:
    """Return a connection to the agent. Raises OSError."""
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(DOOR)
    except OSError:
        connection.close()
        raise
    return connection


def carry() -> None:
    """Be one trunk: standard input and output carry the channels."""
    until_s = time.monotonic() + DOOR_TIMEOUT_S
    while time.monotonic() < until_s:
        try:
            connect().close()
            break
        except OSError:
            time.sleep(POLL_S)  # the first process has only just been started
    for fd in (0, 1):
        os.set_blocking(fd, False)
    Door().serve()


def main() -> None:
    """Dispatch: `node CONFIG`, or `trunk`."""
    if sys.argv[1] == "node":
        serve(json.loads(sys.argv[2]))
    else:
        carry()
