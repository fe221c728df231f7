"""The nodes of a lab in network namespaces, and the keeper that holds them."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from lab.agent.supervision import RELEASE
from lab.errors import AgentError, CleanupError, RuntimeUnavailableError
from lab.nodes import DEFAULT_NETWORK, ENVIRONMENT
from lab.runtime.netns import keeper
from lab.unix_path import short_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from lab.nodes import Component, Node
    from lab.runtime.base import Frontends

CREATE_TIMEOUT_S = 60.0
DESTROY_TIMEOUT_S = 15.0
POLL_S = 0.02
ACCEPT_S = 5
TIMEVAL = struct.Struct("@ll")
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


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


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


def search_path() -> str:
    """Return PATH with the folders of system tools, which an ordinary user's PATH often lacks."""
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"])


def tools_environment() -> dict[str, str]:
    """Return the environment of the keeper and of system tools: only PATH is the user's."""
    return {**dict(setting.split("=", 1) for setting in ENVIRONMENT), "PATH": search_path()}


def keeper_argv(directory: Path) -> list[str]:
    """Return the command of the keeper without its last argument.

    It imports our package from where this process has it, and otherwise only the standard library,
    whatever files the current folder holds.
    """
    root = Path(__file__).parents[len(__name__.split(".")) - 1]
    return [sys.executable, "-I", "-S", "-c", START, str(root), keeper.__name__, str(directory)]


class NetnsRuntime:
    """The keeper of a lab, a process in namespaces of its own, found by its arguments."""

    python = sys.executable

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.ports: dict[str, int] = {}
        self._process: subprocess.Popen[bytes] | None = None

    def reserve(self) -> str:
        """Return the range of all labs: their networks do not meet."""
        return DEFAULT_NETWORK

    def create(
        self, nodes: Sequence[Node], frontends: Frontends, programs: Mapping[str, Path]
    ) -> None:
        """Start the keeper; it answers when every node has its network and its agent."""
        del programs  # the nodes share this machine's files
        listeners = {worker: socket.create_server(("127.0.0.1", 0)) for worker in frontends}
        self.ports = {name: listener.getsockname()[1] for name, listener in listeners.items()}
        config = {
            "nodes": {node.name: node.address for node in nodes},
            "ports": {listener.fileno(): name for name, listener in listeners.items()},
            "frontends": frontends,
        }
        with (self.directory / "keeper.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*namespaces_argv(), *keeper_argv(self.directory), json.dumps(config)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=tools_environment(),
                pass_fds=[listener.fileno() for listener in listeners.values()],
                start_new_session=True,
            )
        for listener in listeners.values():
            listener.close()
        self._await_ready(self._process)

    def _await_ready(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        line = b""
        if select.select([process.stdout], [], [], CREATE_TIMEOUT_S)[0]:
            line = process.stdout.readline()
        if line.strip() != b"ready":
            output = line.decode(errors="replace") + (self.directory / "keeper.log").read_text()
            self.destroy()
            raise RuntimeUnavailableError(
                f"the keeper of the lab did not start: {output.strip() or 'no answer'}"
            )

    def release(self) -> None:
        """Tell the keeper that it no longer ends with us."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(RELEASE)
        self._process.stdin.flush()

    def channel(self, node: str) -> socket.socket:
        """Connect to the agent's socket. Raises AgentError, also when it accepts too late."""
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, TIMEVAL.pack(ACCEPT_S, 0))
            with short_path(self.directory / "sock" / node) as short:
                connection.connect(short)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, TIMEVAL.pack(0, 0))
        except OSError as error:
            connection.close()
            raise AgentError(f"no agent answers on node {node}: {error}") from error
        return connection

    def command(self, component: Component, find: Callable[[str], str]) -> list[str]:
        """Return the command of a component on a node: this machine's programs by their paths."""
        program = component.argv[0]
        path = shutil.which(program, path=search_path()) if component.system else find(program)
        argv = [path or program, *component.argv[1:]]
        if component.private_tmp:
            return ["unshare", "--mount", "sh", "-c", PRIVATE_TMP, component.name, *argv]
        return argv

    def _processes(self) -> list[psutil.Process]:
        """Return the keeper, its parent `unshare` and its agents, by their arguments."""
        wanted = [keeper.__name__, str(self.directory)]
        processes = []
        for process in psutil.process_iter(["cmdline", "status"]):
            argv = process.info["cmdline"] or []
            if argv[-3:-1] == wanted and process.info["status"] != psutil.STATUS_ZOMBIE:
                processes.append(process)
        return processes

    def close(self) -> None:
        """Do nothing: the open pipes belong to the owner of the keeper."""

    def alive(self) -> bool:
        """Whether the keeper of this directory runs."""
        return bool(self._processes())

    def destroy(self) -> None:
        """Kill the keeper; the kernel removes the rest: processes, namespaces, mounts."""
        processes = self._processes()
        for process in processes:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
            except psutil.AccessDenied as error:
                raise CleanupError(f"process {process.pid} belongs to another user") from error
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):  # reported below
                self._process.wait(DESTROY_TIMEOUT_S)
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
        # a zombie counts as gone: its parent may be a command that still runs
        until_s = time.monotonic() + DESTROY_TIMEOUT_S
        while (running := [p for p in processes if _runs(p)]) and time.monotonic() < until_s:
            time.sleep(POLL_S)
        if running:
            pids = " ".join(str(process.pid) for process in running)
            raise CleanupError(
                f"still there {DESTROY_TIMEOUT_S:g} s after SIGKILL: processes {pids}; "
                "they wait for the kernel, `halab gc` removes the rest when they are gone"
            )
