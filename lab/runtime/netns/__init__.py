"""Network namespaces: containers without a daemon, as root or as an ordinary user."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

from lab.errors import AgentError, LabError, RuntimeUnavailableError
from lab.unixpath import short_path

if TYPE_CHECKING:
    from pathlib import Path

    from lab.plan import LabPlan

CREATE_TIMEOUT_S = 30.0
TOOLS = ("unshare", "ip", "nft", "ss", "mount", "nginx")


def missing_tools() -> list[str]:
    """Return the system tools that this runtime needs and this machine lacks."""
    return [tool for tool in TOOLS if shutil.which(tool) is None]


class NetnsRuntime:
    """One keeper process a lab, in namespaces of its own."""

    def __init__(self, directory: Path, *, owned: bool, pid: int | None = None) -> None:
        self.directory = directory
        self.owned = owned
        self.pid = pid
        self.ports: dict[str, int] = {}
        self._process: subprocess.Popen[bytes] | None = None

    def create(self, plan: LabPlan) -> None:
        """Start the keeper; it answers when every node has its network and its agent."""
        if missing := missing_tools():
            raise RuntimeUnavailableError(
                f"missing tools: {', '.join(missing)}; `make setup` installs them"
            )
        listeners = {node.name: socket.create_server(("127.0.0.1", 0))
                     for node in plan.with_role("worker")}
        self.ports = {name: listener.getsockname()[1] for name, listener in listeners.items()}
        config = {
            "nodes": {node.name: node.address for node in plan.nodes},
            "directory": str(self.directory),
            "ports": {listener.fileno(): name for name, listener in listeners.items()},
            "port": plan.spec.proxy_port,
            "owned": self.owned,
        }
        argv = ["unshare", "--pid", "--mount", "--net", "--fork", "--kill-child", "--mount-proc"]
        if os.geteuid() != 0:
            # With the current user mapped, nginx does not try to change user (it could not).
            argv += ["--user", "--map-current-user", "--keep-caps"]
        argv += [sys.executable, "-m", "lab.runtime.netns.keeper", json.dumps(config)]
        log = (self.directory / "keeper.log").open("ab")
        with log:
            self._process = subprocess.Popen(
                argv,
                stdin=subprocess.PIPE if self.owned else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                pass_fds=[listener.fileno() for listener in listeners.values()],
                start_new_session=True,
            )
        self.pid = self._process.pid
        for listener in listeners.values():
            listener.close()
        self._await_ready()

    def _await_ready(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        stdout = self._process.stdout
        line = b""
        if select.select([stdout], [], [], CREATE_TIMEOUT_S)[0]:
            line = stdout.readline()
        if line.strip() != b"ready":
            said = line.decode(errors="replace") + (self.directory / "keeper.log").read_text()
            self.destroy()
            raise RuntimeUnavailableError(
                f"the keeper of the lab did not start: {said.strip() or 'no answer'}"
            )

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

    def alive(self) -> bool:
        """Whether the keeper we know is still that process."""
        if self.pid is None:
            return False
        if self._process is not None:
            return self._process.poll() is None
        try:
            with open(f"/proc/{self.pid}/cmdline", "rb") as handle:  # noqa: PTH123
                return str(self.directory).encode() in handle.read()
        except OSError:
            return False

    def destroy(self) -> None:
        """End the keeper; the kernel takes every process, namespace, mount and rule with it."""
        if not self.alive():
            return
        assert self.pid is not None
        os.kill(self.pid, signal.SIGKILL)
        if self._process is not None:
            self._process.wait(10)
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
            return
        fd = os.pidfd_open(self.pid)
        try:
            if not select.select([fd], [], [], 10)[0]:
                raise LabError(f"keeper {self.pid} did not end within 10 s of SIGKILL")
        finally:
            os.close(fd)
