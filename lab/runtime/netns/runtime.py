"""The nodes of a lab in network namespaces, and the keeper that holds them."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lab.afterwards import afterwards
from lab.environment import search_path, tools_environment
from lab.nodes import DEFAULT_NETWORK, LOOPBACK
from lab.runtime.netns import keeper
from lab.runtime.netns.agent_socket import connect_to
from lab.runtime.netns.keeper_process import KeeperProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from lab.nodes import Component, Node
    from lab.progress import Progress
    from lab.runtime.base import Frontends
    from lab.runtime.request import ClusterRequest

TOOLS = ("unshare", "ip", "nft", "ss", "mount")
# Arguments of sh: the component's name, the program, its arguments. What is mounted ends with the
# process; the program is bound first, for it may itself be below /tmp.
PRIVATE_TMP = (
    'touch "/run/$0" && mount --bind "$1" "/run/$0" && mount -t tmpfs tmpfs /tmp && shift && '
    'exec "/run/$0" "$@"'
)
# Arguments: the folder that our package is in, the module, and the module's own.
START = (
    "import runpy, sys; sys.path.append(sys.argv.pop(1)); "
    "runpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)"
)


def missing_tools(programs: Iterable[str]) -> list[str]:
    """Return the tools of this runtime and the `programs` of the lab that are not installed."""
    wanted = [*TOOLS, *programs]
    return [tool for tool in wanted if shutil.which(tool, path=search_path()) is None]


def namespaces_argv() -> list[str]:
    """Return the start of the command that makes the namespaces of a lab."""
    argv = ["unshare", "--pid", "--mount", "--net", "--fork", "--kill-child", "--mount-proc"]
    if os.geteuid() != 0:
        # With the current user mapped, nginx does not try to change user (it could not).
        argv += ["--user", "--map-current-user", "--keep-caps"]
    return argv


def keeper_argv(directory: Path) -> list[str]:
    """Return the command of the keeper without its last argument.

    It imports our package from where this process has it, and otherwise only the standard library,
    whatever files the current folder holds.
    """
    root = Path(__file__).parents[len(__name__.split(".")) - 1]
    return [sys.executable, "-I", "-S", "-c", START, str(root), keeper.__name__, str(directory)]


class NetnsRuntime:
    """The keeper of a lab, a process in namespaces of its own, found by its lock and its record."""

    python = sys.executable

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.ports: dict[str, int] = {}
        self._keeper = KeeperProcess(directory)

    def reserve(self) -> str:
        """Return the range of all labs: their networks do not meet."""
        return DEFAULT_NETWORK

    def create(
        self,
        request: ClusterRequest,
        nodes: Sequence[Node],
        frontends: Frontends,
        programs: Mapping[str, Path],
        progress: Progress,
    ) -> None:
        """Start the keeper; it answers when every node has its network and its agent."""
        # all is planned, and the nodes share this machine's files
        del request, programs, progress
        listeners = {worker: socket.create_server((LOOPBACK, 0)) for worker in frontends}
        self.ports = {name: listener.getsockname()[1] for name, listener in listeners.items()}
        config = {
            "nodes": {node.name: node.address for node in nodes},
            "ports": {listener.fileno(): name for name, listener in listeners.items()},
            "frontends": frontends,
        }
        argv = [*namespaces_argv(), *keeper_argv(self.directory), json.dumps(config)]
        with afterwards(*(listener.close for listener in listeners.values())):
            self._keeper.start(argv, listeners.values(), tools_environment())

    def found(self) -> None:
        """Its nodes are as they were planned."""

    def release(self) -> None:
        """Tell the keeper that it no longer ends with us. Raises AgentError."""
        self._keeper.release()

    def channel(self, node: str) -> socket.socket:
        """Connect to the agent's socket. Raises AgentError, also when it accepts too late."""
        return connect_to(self.directory, node)

    def command(self, component: Component, find: Callable[[str], str]) -> list[str]:
        """Return the command of a component on a node: this machine's programs by their paths."""
        program = component.argv[0]
        path = shutil.which(program, path=search_path()) if component.system else find(program)
        argv = [path or program, *component.argv[1:]]
        if component.private_tmp:
            return ["unshare", "--mount", "sh", "-c", PRIVATE_TMP, component.name, *argv]
        return argv

    def close(self) -> None:
        """Do nothing: the open pipes belong to the owner of the keeper."""

    def alive(self) -> bool:
        """Whether the keeper of this directory runs."""
        return self._keeper.runs()

    def destroy(self) -> None:
        """Kill the keeper; the kernel removes the rest: processes, namespaces, mounts."""
        self._keeper.end()
