"""PID 1 of a lab: makes its network and forks an agent for each node; the lab ends with it.

Run inside new PID, mount and network namespaces; its own network namespace is the switch.
Arguments: the lab's directory, and a JSON object {nodes: {name: address}, ports: {fd: worker},
frontends: {worker: [host, port]}}. Standard input is a pipe to the process that makes the lab: when
it ends, the lab ends, unless that process has written RELEASE before.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from lab.agent.processes import kill_all
from lab.agent.relay import pump
from lab.agent.server import Agent
from lab.agent.supervision import forget_parent, keep
from lab.unix_path import short_path

CLONE_NEWNET = 0x40000000
CLONE_NEWUTS = 0x04000000


def _ip(*arguments: str, batch: str | None = None) -> None:
    argv = ["ip", *arguments, *(["-batch", "-"] if batch is not None else [])]
    subprocess.run(argv, input=batch, text=True, check=True, stderr=subprocess.PIPE)


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, stderr=subprocess.PIPE)


def name_nodes(nodes: dict[str, str]) -> None:
    """Give the nodes an /etc/hosts with the names of all nodes, as kubespray does.

    A kubelet looks its node's name up for each status that it sends. A namespace reaches no
    nameserver: each lookup then takes 10 s, and a hollow node registers after 20 s, is Ready 10 s
    later, and sends its status late ever after.
    """
    hosts = Path("/run/hosts")
    lines = ["127.0.0.1 localhost", *(f"{address} {name}" for name, address in nodes.items())]
    hosts.write_text("\n".join([*lines, ""]), encoding="utf-8")
    _mount("--bind", str(hosts), "/etc/hosts")


def make_network(nodes: dict[str, str]) -> None:
    """Make a namespace for each node, all on a bridge in the namespace of this process."""
    _mount("-t", "tmpfs", "tmpfs", "/run")
    _ip(batch="\n".join(f"netns add {name}" for name in nodes))
    lines = ["link set lo up", "link add br0 type bridge", "link set br0 up"]
    for index, name in enumerate(nodes):
        lines += [
            f"link add eth0 netns {name} type veth peer name port{index}",
            f"link set port{index} master br0 up",
        ]
    _ip(batch="\n".join(lines))
    for name, address in nodes.items():
        inside = ["link set lo up", f"addr add {address}/16 dev eth0", "link set eth0 up"]
        # hollow kubelets look for the interface of the default route
        _ip("-n", name, batch="\n".join([*inside, "route add default dev eth0"]))


def fork_agent(node: str, directory: Path) -> int:
    """Fork the agent of a node into its network namespace; return its pid."""
    path = directory / "sock" / node
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    with short_path(path) as short:
        listener.bind(short)
    listener.listen(64)
    pid = os.fork()
    if pid:
        listener.close()
        return pid
    forget_parent(0, 1)
    # Nothing of the keeper's is held open: neither its owner's pipe nor anybody's connection.
    os.dup2(listener.detach(), 3)
    os.closerange(4, os.sysconf("SC_OPEN_MAX"))
    with open(f"/run/netns/{node}", "rb") as handle:  # noqa: PTH123 (a descriptor is wanted)
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(handle.fileno(), CLONE_NEWNET) or libc.unshare(CLONE_NEWUTS):
            os._exit(70)
    # leases name their holder by the host's name
    socket.sethostname(node)
    home = directory / "nodes" / node
    home.mkdir(parents=True, exist_ok=True)
    Agent(node, str(home)).serve(socket.socket(fileno=3))
    os._exit(0)


def forward(connection: socket.socket, directory: Path, node: str, frontend: list[Any]) -> None:
    """Carry a connection from the host to the frontend of a node."""
    host, port = frontend
    with connection, socket.socket(socket.AF_UNIX) as channel:
        try:
            with short_path(directory / "sock" / node) as short:
                channel.connect(short)
            arguments = {"host": host, "port": port}
            request = {"id": 0, "session": "", "op": "relay", "arguments": arguments}
            channel.sendall(json.dumps(request).encode() + b"\n")
            if b"true" in channel.recv(4096):
                pump(connection, channel)
        except OSError:
            return  # the client sees its connection end, as it would with a dead proxy


def hold(config: dict[str, Any], directory: Path, agents: dict[int, str]) -> None:
    """Serve the listeners and replace agents that die, until the owner ends."""
    listeners = {socket.socket(fileno=int(fd)): node for fd, node in config["ports"].items()}

    def accepted(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        node = listeners[listener]
        arguments = (connection, directory, node, config["frontends"][node])
        threading.Thread(target=forward, args=arguments, daemon=True).start()

    def replace(pid: int) -> None:
        """Kill the processes of a node whose agent has died, and fork a fresh agent."""
        node = agents.pop(pid, None)
        if node is not None:
            kill_all(os.stat(f"/run/netns/{node}").st_ino)  # noqa: PTH116
            agents[fork_agent(node, directory)] = node

    keep(list(listeners), accepted, replace)


def main() -> None:
    """Make the lab's nodes, print `ready`, and keep them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the owner's to handle
    directory, config = Path(sys.argv[1]), json.loads(sys.argv[2])
    try:
        make_network(config["nodes"])
        name_nodes(config["nodes"])
    except subprocess.CalledProcessError as error:
        print(f"{' '.join(error.cmd)}: {error.stderr}", flush=True)
        sys.exit(1)
    agents = {fork_agent(node, directory): node for node in config["nodes"]}
    print("ready", flush=True)
    hold(config, directory, agents)


if __name__ == "__main__":
    main()
