"""PID 1 of a lab: makes its network, forks an agent a node, and takes all with it at its end.

Run inside new PID, mount and network namespaces; its own network namespace is the switch.
Argument: a JSON object {nodes: {name: address}, directory, ports: {fd: node}, port, owned}.
With `owned`, standard input is a pipe to the owner, and its end is the lab's end.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

from lab.agent.server import Agent, pump
from lab.unixpath import short_path

CLONE_NEWNET = 0x40000000


def _ip(*arguments: str, batch: str | None = None) -> None:
    argv = ["ip", *arguments, *(["-batch", "-"] if batch is not None else [])]
    subprocess.run(argv, input=batch, text=True, check=True, stderr=subprocess.PIPE)


def make_network(nodes: dict[str, str]) -> None:
    """Make one namespace a node, all on one bridge in the namespace that we are in."""
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
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


def fork_agent(node: str, directory: Path, others: list[int]) -> int:
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
    for fd in others:
        os.close(fd)
    with open(f"/run/netns/{node}", "rb") as handle:  # noqa: PTH123 (a descriptor is wanted)
        if ctypes.CDLL(None, use_errno=True).setns(handle.fileno(), CLONE_NEWNET) != 0:
            os._exit(70)
    home = directory / "nodes" / node
    home.mkdir(parents=True, exist_ok=True)
    Agent(node, str(home)).serve(listener)
    os._exit(0)


def _reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _forward(connection: socket.socket, directory: Path, node: str, port: int) -> None:
    with connection, socket.socket(socket.AF_UNIX) as channel:
        try:
            with short_path(directory / "sock" / node) as short:
                channel.connect(short)
            request = {"op": "relay", "host": "127.0.0.1", "port": port}
            channel.sendall(json.dumps(request).encode() + b"\n")
            if b"true" in channel.recv(4096):
                pump(connection, channel)
        except OSError:
            return  # the client sees its connection end, as it would with a dead proxy


def main() -> None:
    """Make the lab's nodes, say `ready`, and keep them until the owner or the world ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the owner's to handle
    config = json.loads(sys.argv[1])
    directory = Path(config["directory"])
    listeners = {socket.socket(fileno=int(fd)): node for fd, node in config["ports"].items()}
    try:
        make_network(config["nodes"])
    except subprocess.CalledProcessError as error:
        print(f"{' '.join(error.cmd)}: {error.stderr}", flush=True)
        sys.exit(1)
    inherited = [listener.fileno() for listener in listeners]
    for node in config["nodes"]:
        fork_agent(node, directory, inherited)
    print("ready", flush=True)
    watched = [*listeners, *([sys.stdin] if config["owned"] else [])]
    while True:
        for source in select.select(watched, [], [], 0.5)[0]:
            if not isinstance(source, socket.socket):
                return
            connection, _ = source.accept()
            arguments = (connection, directory, listeners[source], config["port"])
            threading.Thread(target=_forward, args=arguments, daemon=True).start()
        _reap()


if __name__ == "__main__":
    main()
