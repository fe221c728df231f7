"""The nodes of a lab in network namespaces, and the keeper that holds them."""

from __future__ import annotations

import json
import os
import selectors
import shutil
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from lab.agent.supervision import RELEASE
from lab.environment import search_path, tools_environment
from lab.errors import AgentError, CleanupError, RuntimeUnavailableError
from lab.nodes import DEFAULT_NETWORK
from lab.owner_lock import hold
from lab.runtime.netns import keeper
from lab.runtime.netns.keeper_identity import LOCK, is_locked, recorded, write_record
from lab.unix_path import short_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from lab.nodes import Component, Node
    from lab.runtime.base import Frontends
    from lab.runtime.netns.keeper_identity import ProcessIdentity

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
        self._process: subprocess.Popen[bytes] | None = None
        self._keeper: ProcessIdentity | None = None  # where this process has started it

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
        log_path = self.directory / "keeper.log"
        log_path.touch(mode=0o600)
        with log_path.open("ab") as log, os.fdopen(hold(self.directory / LOCK)) as lock:
            sockets = [listener.fileno() for listener in listeners.values()]
            self._process = subprocess.Popen(
                [*namespaces_argv(), *keeper_argv(self.directory), json.dumps(config)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=tools_environment(),
                pass_fds=[lock.fileno(), *sockets],
                start_new_session=True,
            )
            self._keeper = write_record(self.directory, self._process.pid)
        for listener in listeners.values():
            listener.close()
        self._await_ready(self._process)

    def _await_ready(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        line = b""
        # not select(), which takes no descriptor above 1023
        with selectors.DefaultSelector() as waiting:
            waiting.register(process.stdout, selectors.EVENT_READ)
            if waiting.select(CREATE_TIMEOUT_S):
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
        try:
            connection = socket.socket(socket.AF_UNIX)
        except OSError as error:  # no descriptor is left
            raise AgentError(f"no connection to node {node}: {error}") from error
        try:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, TIMEVAL.pack(ACCEPT_S, 0))
            with short_path(self.directory / "sock" / node) as short:
                connection.connect(short)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, TIMEVAL.pack(0, 0))
        except OSError as error:
            connection.close()
            raise AgentError(f"no agent answers on node {node}: {error}") from error
        except BaseException:
            connection.close()
            raise
        return connection

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
        return is_locked(self.directory)

    def destroy(self) -> None:
        """Kill the keeper; the kernel removes the rest: processes, namespaces, mounts."""
        keeper_process = self._keeper or recorded(self.directory)
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()  # a keeper that has no record yet ends with this
        until_s = time.monotonic() + DESTROY_TIMEOUT_S
        while self._remains(keeper_process):
            if keeper_process is not None:
                _kill(keeper_process)
            if time.monotonic() > until_s:
                raise CleanupError(_still_there(keeper_process))
            time.sleep(POLL_S)
        if self._process is not None:
            self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()

    def _remains(self, keeper_process: ProcessIdentity | None) -> bool:
        # a zombie counts as gone: its parent may be a command that still runs
        return (keeper_process is not None and keeper_process.runs()) or is_locked(self.directory)


def _kill(outer: ProcessIdentity) -> None:
    """Kill the first process of a lab, whose parent `outer` ends when all of the lab are gone."""
    try:
        if not outer.kill_children():
            outer.kill()
    except PermissionError as error:
        raise CleanupError(f"process {outer.pid} belongs to another user") from error


def _still_there(keeper_process: ProcessIdentity | None) -> str:
    if keeper_process is None or not keeper_process.runs():
        return (
            f"something holds {LOCK} of the lab, and no process that is visible here is its "
            "keeper; where the lab was made in a container, take it down from there"
        )
    return (
        f"still there {DESTROY_TIMEOUT_S:g} s after SIGKILL: process {keeper_process.pid} and "
        "below; they wait for the kernel, `halab gc` removes the rest when they are gone"
    )
