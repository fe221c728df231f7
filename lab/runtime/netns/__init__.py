"""Network namespaces: containers without a daemon, as root or as an ordinary user."""

from __future__ import annotations

import json
import os
import select
import shutil
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil

from lab.errors import AgentError, CleanupError, RuntimeUnavailableError
from lab.plan import SYSTEM_PROGRAMS
from lab.runtime.netns import keeper
from lab.unixpath import short_path

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lab.plan import LabPlan

CREATE_TIMEOUT_S = 60.0
DESTROY_TIMEOUT_S = 15.0
POLL_S = 0.02
TOOLS = ("unshare", "ip", "nft", "ss", "mount")
ROOTLESS_HINT = (
    "an ordinary user needs user namespaces (sysctl kernel.apparmor_restrict_unprivileged_userns=0"
    " on Ubuntu, kernel.unprivileged_userns_clone=1 on old Debian); root needs none of this"
)


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def missing_tools(programs: Iterable[str] = SYSTEM_PROGRAMS) -> list[str]:
    """Return the system tools that this runtime needs and this machine lacks.

    `programs`: those that run in the lab, all that any lab may have if left out.
    """
    wanted = [*TOOLS, *programs]
    return [tool for tool in wanted if shutil.which(tool, path=search_path()) is None]


def check_tools(programs: Iterable[str] = SYSTEM_PROGRAMS) -> None:
    """Raise RuntimeUnavailableError when this machine lacks a tool."""
    if missing := missing_tools(programs):
        raise RuntimeUnavailableError(f"missing: {', '.join(missing)}; `make setup` installs them")


def search_path() -> str:
    """Return PATH with the folders of system tools, which ordinary users often lack."""
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"])


class NetnsRuntime:
    """One keeper process a lab, in namespaces of its own; found again by its argument."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.ports: dict[str, int] = {}
        self._process: subprocess.Popen[bytes] | None = None

    def create(self, plan: LabPlan) -> None:
        """Start the keeper; it answers when every node has its network and its agent."""
        check_tools(plan.system_programs)
        workers = plan.with_role("worker")
        listeners = {node.name: socket.create_server(("127.0.0.1", 0)) for node in workers}
        self.ports = {name: listener.getsockname()[1] for name, listener in listeners.items()}
        config = {
            "nodes": {node.name: node.address for node in plan.nodes},
            "ports": {listener.fileno(): name for name, listener in listeners.items()},
            "frontends": {node.name: plan.frontend(node.name) for node in workers},
        }
        argv = ["unshare", "--pid", "--mount", "--net", "--fork", "--kill-child", "--mount-proc"]
        if os.geteuid() != 0:
            # With the current user mapped, nginx does not try to change user (it could not).
            argv += ["--user", "--map-current-user", "--keep-caps"]
        argv += [sys.executable, "-m", keeper.__name__, str(self.directory), json.dumps(config)]
        with (self.directory / "keeper.log").open("ab") as log:
            self._process = subprocess.Popen(
                argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, "PATH": search_path()},
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
            said = line.decode(errors="replace") + (self.directory / "keeper.log").read_text()
            self.destroy()
            hint = "" if os.geteuid() == 0 else f"\n{ROOTLESS_HINT}"
            raise RuntimeUnavailableError(
                f"the keeper of the lab did not start: {said.strip() or 'no answer'}{hint}"
            )

    def release(self) -> None:
        """Tell the keeper that it no longer ends with us."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(keeper.RELEASE)
        self._process.stdin.flush()

    def channel(self, node: str) -> socket.socket:
        """Connect to the agent's socket."""
        connection = socket.socket(socket.AF_UNIX)
        try:
            with short_path(self.directory / "sock" / node) as short:
                connection.connect(short)
        except OSError as error:
            connection.close()
            raise AgentError(f"no agent answers on node {node}: {error}") from error
        return connection

    def _processes(self) -> list[psutil.Process]:
        """Return the keeper, the unshare above it and the agents below: all that name this lab."""
        wanted = [keeper.__name__, str(self.directory)]
        found = []
        for process in psutil.process_iter(["cmdline", "status"]):
            argv = process.info["cmdline"] or []
            if argv[-3:-1] == wanted and process.info["status"] != psutil.STATUS_ZOMBIE:
                found.append(process)
        return found

    def alive(self) -> bool:
        """Whether the keeper of this directory runs."""
        return bool(self._processes())

    def destroy(self) -> None:
        """End the keeper; the kernel takes every process, namespace, mount and rule with it."""
        processes = self._processes()
        for process in processes:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
            except psutil.AccessDenied as error:
                raise CleanupError(f"process {process.pid} belongs to another user") from error
        if self._process is not None:
            self._process.wait(DESTROY_TIMEOUT_S)
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
        # its parent may be a command that still runs: a zombie is gone, whoever will reap it
        until_s = time.monotonic() + DESTROY_TIMEOUT_S
        while (left := [one for one in processes if _runs(one)]) and time.monotonic() < until_s:
            time.sleep(POLL_S)
        if left:
            pids = " ".join(str(process.pid) for process in left)
            raise CleanupError(
                f"still there {DESTROY_TIMEOUT_S:g} s after SIGKILL: processes {pids}; "
                "they wait for the kernel, `halab gc` removes the rest when they are gone"
            )
