"""A node that was found, and beside it what runs in a side container, in a PID namespace.

This process is the first of the node. It starts a kubelet that starts etcd again, and somebody
else's process; beside them the first process of a side container. Prints what becomes of them as
JSON: when the agent is killed, and when the side container ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

sys.path.insert(0, sys.argv[1])

from lab.agent.container import connect_to_agent
from lab.agent.nft import nft
from lab.agent_archive import pack_agent
from lab.clients.agent import AgentClient
from lab.errors import AgentError

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

FOUND = {
    "etcd": {"program": "the-etcd", "supervisor": "kubelet"},
    "kubelet": {"program": "the-kubelet", "supervisor": "systemd"},
}
KUBELET = "#!/bin/sh\nwhile :; do {}/the-etcd 1000; sleep 0.1; done\n"
# A process that is its own session's, with a child that outlives it.
FAMILY = ["sh", "-c", "setsid sleep 1001 & exec sleep 1002"]
OTHERS = "table inet others {\n  chain in {\n  }\n}\n"
PATIENCE_S = 10.0


def channel(_node: str) -> socket.socket:
    try:
        return connect_to_agent()
    except OSError as error:
        raise AgentError(str(error)) from error


NODES = SimpleNamespace(channel=channel)


def reap() -> None:
    """What the first process of a node does for ever."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def wait_for(check: Callable[[], object]) -> bool:
    until_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < until_s:
        reap()
        with contextlib.suppress(AgentError):
            if check():
                return True
        time.sleep(0.02)
    return False


def states(name: str) -> dict[int, str]:
    """The pids of processes with this name that are more than zombies, and their states."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        stat = read(path)
        state = stat.rpartition(")")[2].split()[:1]
        if stat.partition("(")[2].partition(")")[0] == name and state not in (["Z"], ["X"]):
            found[int(path.parent.name)] = state[0]
    return found


def read(path: Path) -> str:
    """What a file of a process holds, nothing when the process has ended meanwhile."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return path.read_text()
    return ""


def stopped(name: str) -> bool:
    return "T" in states(name).values()


def tables() -> list[str]:
    done = subprocess.run(["nft", "list", "tables"], check=True, capture_output=True, text=True)
    return [line.split()[-1] for line in done.stdout.splitlines()]


def hello_of_another(boot: str) -> str:
    found = [boot]

    def is_another() -> bool:
        with AgentClient(NODES, "master-1") as client:
            found[0] = client.hello().boot
        return found[0] != boot

    wait_for(is_another)
    return found[0]


def break_all(client: AgentClient) -> socket.socket:
    """A component held down, packets dropped, a process with a child, which ends with its channel.

    Returns the channel.
    """
    client.inject("u1", "kill", {"component": "etcd"}, owner="lab", for_s=None)
    cut = "table inet halab_u2 { }"
    client.inject("u2", "cut", {"ruleset": cut}, owner="lab", for_s=None)
    output = client.stream(FAMILY).channel
    wait_for(lambda: len(sleepers()) == 2)
    return output


def seen() -> dict[str, object]:
    return {
        "kubelet stopped": stopped("the-kubelet"),
        "etcd": len(states("the-etcd")),
        "streamed": len(sleepers()),
        "tables": tables(),
    }


def sleepers() -> list[int]:
    arguments = {
        pid: read(Path(f"/proc/{pid}/cmdline")).split("\0")[1:2] for pid in states("sleep")
    }
    return [pid for pid, found in arguments.items() if found in (["1001"], ["1002"])]


def main() -> None:
    directory = Path(sys.argv[2])
    shutil.copy("/bin/sleep", directory / "the-etcd")
    kubelet = directory / "the-kubelet"
    kubelet.write_text(KUBELET.format(directory))
    kubelet.chmod(0o700)
    subprocess.Popen([kubelet], stderr=subprocess.DEVNULL)
    other = subprocess.Popen(["sleep", "2000"])
    nft(OTHERS)
    assert wait_for(lambda: states("the-etcd"))
    pack_agent(directory / "agent.pyz")
    config = {
        "node": "master-1",
        "home": str(directory),
        "port": 0,
        "frontend": None,
        "boot": "given",
        "found": FOUND,
    }
    argv = [sys.executable, "-I", "-S", str(directory / "agent.pyz"), "node", json.dumps(config)]
    beside = subprocess.Popen(argv, stdin=subprocess.PIPE)
    report: dict[str, object] = {}
    assert wait_for(lambda: AgentClient(NODES, "master-1").hello())
    with AgentClient(NODES, "master-1") as client:
        report["boot"] = client.hello().boot
        report["components"] = sorted(
            name for name, component in client.components().items() if component.alive
        )
        output = break_all(client)
        report["broken"] = seen()
        agent = int(Path(f"/proc/{beside.pid}/task/{beside.pid}/children").read_text().split()[0])
        os.kill(agent, signal.SIGKILL)
        report["boot of the next"] = hello_of_another("given")
        wait_for(lambda: states("the-etcd") and not sleepers())
        report["after its death"] = seen()
        output.close()
    with AgentClient(NODES, "master-1") as client:
        output = break_all(client)
        report["broken again"] = seen()
        if sys.argv[3] == "SIGTERM":
            beside.terminate()
        else:
            beside.stdin.close()  # its owner has ended
        report["it ended"] = wait_for(lambda: beside.poll() is not None)
        wait_for(lambda: states("the-etcd") and not sleepers())
        report["after its end"] = seen()
        output.close()
    report["others"] = other.poll() is None and "others" in tables()
    try:
        connect_to_agent()
    except OSError:
        report["agent"] = "gone"
    print(json.dumps(report), flush=True)


main()
