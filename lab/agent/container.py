"""What runs in a container that is a node: its first process, and what `docker exec` starts.

The first process holds the agent's socket, forks the agent and replaces it when it dies. Until
someone owns the node, and after an owner that did not release it has gone, it ends, and the
container with it. An agent could not be the first process: nothing inside can kill that one.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
import threading
from typing import Any

from lab.agent.mux import CHUNK_BYTES, Mux
from lab.agent.processes import kill_all
from lab.agent.server import Agent, pump

# Abstract: it lives in the node's network namespace, and needs no file that could be left.
DOOR = "\0halab-agent"
UNOWNED_S = 10
RELEASE = b"release"
# In the container's own file system: a node that is started again by hand knows it, too.
RELEASED = "/run/halab-released"


def serve(config: dict[str, Any]) -> None:
    """Be the first process of a node: {node, home, port, frontend: [host, port] or null}."""
    for number in (signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, lambda *_: os._exit(0))
    signal.signal(signal.SIGUSR1, lambda *_: signal.alarm(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if not os.path.exists(RELEASED):
        signal.alarm(UNOWNED_S)
    door = socket.socket(socket.AF_UNIX)
    door.bind(DOOR)
    door.listen(64)
    while True:
        kill_all(None)
        agent = os.fork()
        if not agent:
            for number in (signal.SIGTERM, signal.SIGALRM, signal.SIGUSR1, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            _be_agent(config, door)
        while os.wait()[0] != agent:
            pass  # an orphan


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
    """The inner end of a trunk: each channel is a connection to the agent.

    An owner's trunk takes the node with it when it ends, unless it was told to release it.
    """

    def __init__(self, *, owner: bool) -> None:
        super().__init__(0, 1, self._read, self._connect)
        self.owns = owner

    def _read(self) -> bytes | None:
        return os.read(0, CHUNK_BYTES) or None

    def _connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(DOOR)
        except OSError:
            connection.close()
            raise
        return connection

    def heard(self, words: bytes) -> None:
        """Take the release of the owner, and say that it was taken."""
        if words == RELEASE:
            self.owns = False
            with open(RELEASED, "w", encoding="ascii"):
                pass
            self.say(RELEASE)


def carry(*, owner: bool) -> None:
    """Be one trunk: standard input and output carry the channels."""
    if owner:
        os.kill(1, signal.SIGUSR1)
    for fd in (0, 1):
        os.set_blocking(fd, False)
    door = Door(owner=owner)
    door.serve()
    if door.owns:
        os.kill(1, signal.SIGTERM)


def main() -> None:
    """Dispatch: `node CONFIG`, `trunk`, or `owner`."""
    if sys.argv[1] == "node":
        serve(json.loads(sys.argv[2]))
    carry(owner=sys.argv[1] == "owner")
