"""A process on this machine that keeps a lab of kind: what its agents cannot do, for they may end.

It switches the power of nodes and owns the undos of that, their expiry and dead man's switch
included; it carries connections from this machine to the workers' balancers; and while the lab
belongs to a process, it removes the lab when that process ends.

Arguments: the lab's directory, and a JSON object {ports: {fd: worker}}. Standard input is a pipe to
the process that makes the lab, which writes RELEASE into it when the lab is to outlive it.
"""

from __future__ import annotations

import functools
import json
import os
import signal
import socket
import sys
import threading
import time
import traceback
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.afterwards import afterwards
from lab.agent.acceptor import PORT_MOST, Acceptor, room
from lab.agent.injections import Injections
from lab.agent.relay import pump
from lab.agent.requests import RequestServer
from lab.agent.supervision import keep
from lab.agent.undos import Undos
from lab.clients.agent import AgentClient
from lab.errors import LabError
from lab.found import POWER_AGENT
from lab.runtime.docker.connection import connect
from lab.runtime.kind import removal
from lab.runtime.kind.agents import SideContainers
from lab.runtime.kind.kept_nodes import read_nodes
from lab.runtime.kind.power import PowerSupply
from lab.runtime.kind.power_faults import power_faults
from lab.runtime.netns.agent_socket import listen_at
from lab.runtime.netns.keeper_process import READY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import docker

# Of the keeper's descriptors, for all ports: two for each connection, and two for its channel.
PORTS_SHARE = 0.2
# What kind has asked the daemon for may still be made after the first look.
QUIET_S = 2.0
REMOVE_ATTEMPTS = 5
LOOK_S = 5.0


def requests_of(undos: Undos, injections: Injections) -> dict[str, Callable[..., Any]]:
    """Return what an agent is asked for that this one can do, too."""
    boot = uuid.uuid4().hex

    def hello() -> dict[str, Any]:
        return {"node": POWER_AGENT, "boot": boot, "now_s": time.monotonic()}

    return {
        "hello": hello,
        "events": list,
        "prepare": injections.prepare,
        "inject": injections.inject,
        "heal": injections.heal,
        "active": undos.active,
    }


def serve(listener: socket.socket, supply: PowerSupply) -> None:
    """Answer requests about the power of nodes, in a thread."""
    undos = Undos()
    injections = Injections(undos, power_faults(supply))
    server = RequestServer(requests_of(undos, injections), {}, undos)
    threading.Thread(target=server.serve, args=(listener,), daemon=True).start()


def forward(
    directory: Path,
    agents: SideContainers,
    worker: str,
    connection: socket.socket,
    used: Callable[[], None],
) -> None:
    """Carry a connection from this machine to the balancer of a worker.

    When that is impossible, the client sees its connection end, as it would with a dead proxy.
    """
    try:
        node = read_nodes(directory).get(worker)
        if node is None or node.frontend is None:
            return
        with AgentClient(agents, worker) as agent:
            target = agent.relay(*node.frontend)
        with target:
            pump(connection, target, used)
    except LabError:
        return


def serve_ports(ports: Mapping[str, str], directory: Path, agents: SideContainers) -> None:
    """Forward the connections of this machine's ports, each port in a thread."""
    share = PORTS_SHARE / max(1, len(ports))
    for fd, worker in ports.items():
        handle = functools.partial(forward, directory, agents, worker)
        listener = socket.socket(fileno=int(fd))
        Acceptor(listener, handle, room(PORT_MOST, share), evicts=True).start()


def remove_lab(client: docker.APIClient, directory: Path) -> None:
    """Remove the lab of an owner that is gone, until nothing more of it appears."""
    for _ in range(REMOVE_ATTEMPTS):
        try:
            existed = removal.remove_once(client, directory)
            removal.remove_all(client, directory)
        except LabError:
            traceback.print_exc()
        else:
            if not existed:
                return
        time.sleep(QUIET_S)


def main() -> None:
    """Serve, print `ready`, and keep the lab until its owner is gone or it is taken down."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the owner's to handle
    os.umask(os.umask(0) | 0o022)
    directory, config = Path(sys.argv[1]), json.loads(sys.argv[2])
    client = connect()
    agents = SideContainers(directory, lambda: client)
    serve(listen_at(directory, POWER_AGENT), PowerSupply(directory, agents, lambda: client))
    serve_ports(config["ports"], directory, agents)
    print(READY, flush=True)
    with afterwards(lambda: remove_lab(client, directory)):
        keep(lambda _: None, lambda: end_without(directory))
    os._exit(0)  # a heal of its own may still run


def end_without(directory: Path) -> float:
    """End where the lab's directory is gone: nobody could end us. Return when to look again."""
    if not directory.exists():
        os._exit(0)
    return LOOK_S


if __name__ == "__main__":
    main()
