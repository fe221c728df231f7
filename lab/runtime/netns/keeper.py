"""PID 1 of a lab: makes its network and forks an agent for each node; the lab ends with it.

Run inside new PID, mount and network namespaces; its own network namespace is the switch.
Arguments: the lab's directory, and a JSON object {nodes: {name: address}, ports: {fd: worker},
frontends: {worker: [host, port]}}. Standard input is a pipe to the process that makes the lab: when
it ends, the lab ends, unless that process has written RELEASE before.
"""

from __future__ import annotations

import ctypes
import functools
import json
import os
import signal
import socket
import subprocess
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.agent.acceptor import PORT_MOST, Acceptor, room
from lab.agent.given_up import answer_with
from lab.agent.processes import kill_all
from lab.agent.relay import pump
from lab.agent.restarts import Restarts, given_up_reason
from lab.agent.server import Agent
from lab.agent.supervision import forget_parent, keep
from lab.runtime.netns.agent_socket import listen_at, socket_path
from lab.unix_path import short_path

if TYPE_CHECKING:
    from collections.abc import Callable

CLONE_NEWNET = 0x40000000
CLONE_NEWUTS = 0x04000000
# The agent gives up a connection into its network after 5 s.
HANDSHAKE_TIMEOUT_S = 10.0
# Of the keeper's descriptors, for all ports: two for each connection.
PORTS_SHARE = 0.25


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
    """Fork the agent of a node into its network namespace; return its pid. Raises OSError."""
    listener = listen_at(directory, node)
    try:
        pid = os.fork()
    except OSError:
        listener.close()
        raise
    if pid:
        listener.close()
        return pid
    try:
        _run_agent(node, directory, listener)
    except Exception:  # noqa: BLE001 (the process ends with it)
        traceback.print_exc()
    finally:
        os._exit(70)


def _run_agent(node: str, directory: Path, listener: socket.socket) -> None:
    forget_parent(0, 1)
    # Nothing of the keeper's is held open: neither its owner's pipe nor anybody's connection.
    os.dup2(listener.detach(), 3)
    os.closerange(4, os.sysconf("SC_OPEN_MAX"))
    with open(f"/run/netns/{node}", "rb") as handle:  # noqa: PTH123 (a descriptor is wanted)
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(handle.fileno(), CLONE_NEWNET) or libc.unshare(CLONE_NEWUTS):
            raise OSError(ctypes.get_errno(), f"no network namespace {node}")
    # leases name their holder by the host's name
    socket.sethostname(node)
    home = directory / "nodes" / node
    home.mkdir(parents=True, exist_ok=True)
    Agent(node, str(home)).serve(socket.socket(fileno=3))


def give_up(node: str, directory: Path) -> None:
    """Answer for an agent that always dies. Raises OSError."""
    answer_with(listen_at(directory, node), given_up_reason(node))


def forward(
    directory: Path,
    node: str,
    frontend: list[Any],
    connection: socket.socket,
    used: Callable[[], None],
) -> None:
    """Carry a connection from the host to the frontend of a node.

    Raises OSError when that is impossible: the client sees its connection end, as it would with a
    dead proxy.
    """
    host, port = frontend
    request = {"id": 0, "session": "", "op": "relay", "arguments": {"host": host, "port": port}}
    with socket.socket(socket.AF_UNIX) as channel:
        channel.settimeout(HANDSHAKE_TIMEOUT_S)
        with short_path(socket_path(directory, node)) as short:
            channel.connect(short)
        channel.sendall(json.dumps(request).encode() + b"\n")
        answer = b""
        while not answer.endswith(b"\n") and (byte := channel.recv(1)):
            answer += byte
        if json.loads(answer or b"{}").get("ok"):
            channel.settimeout(None)
            pump(connection, channel, used)


def serve_ports(config: dict[str, Any], directory: Path) -> None:
    """Forward the connections of the host's ports, each port in a thread."""
    share = PORTS_SHARE / max(1, len(config["ports"]))
    for fd, node in config["ports"].items():
        handle = functools.partial(forward, directory, node, config["frontends"][node])
        listener = socket.socket(fileno=int(fd))
        Acceptor(listener, handle, room(PORT_MOST, share), evicts=True).start()


def main() -> None:
    """Make the lab's nodes, print `ready`, and keep them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the owner's to handle
    os.umask(os.umask(0) | 0o022)  # whatever the user's is, nothing of a lab is open to others
    directory, config = Path(sys.argv[1]), json.loads(sys.argv[2])
    try:
        make_network(config["nodes"])
        name_nodes(config["nodes"])
    except subprocess.CalledProcessError as error:
        print(f"{' '.join(error.cmd)}: {error.stderr}", flush=True)
        sys.exit(1)
    restarts = Restarts(
        lambda node: fork_agent(node, directory),
        lambda node: kill_all(os.stat(f"/run/netns/{node}").st_ino),  # noqa: PTH116
        lambda node: give_up(node, directory),
    )
    for node in config["nodes"]:
        restarts.start(node)
    print("ready", flush=True)
    serve_ports(config, directory)
    keep(restarts.ended, restarts.run_due)


if __name__ == "__main__":
    main()
