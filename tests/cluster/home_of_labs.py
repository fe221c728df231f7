"""A home of their own for the labs of a test, and the command that works there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil

from lab.lab import Lab
from lab.readiness import wait_until
from lab.registry import Registry

HALAB = Path(sys.executable).with_name("halab")
# What the test that runs now has started.
STARTED: list[subprocess.Popen[str]] = []


class Home:
    """Where the labs of the tests live, and the command that works there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.registry = Registry(path / "halab")
        self.environment = {**os.environ, "XDG_STATE_HOME": str(path)}

    def popen(self, *argv, under=(), **options):
        """Start a command, `under`: what it is started by, with its arguments."""
        process = subprocess.Popen(
            [*under, str(HALAB), *argv], env=self.environment, cwd=self.path, text=True, **options
        )
        STARTED.append(process)
        return process

    def halab(self, *argv, code=0):
        """Run a command, check how it ends, and return what it printed."""
        with self.popen(*argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            out, error = process.communicate(timeout=300)
        print(error)
        assert "Traceback" not in error
        assert process.returncode == code, f"{argv}: {process.returncode}\n{out}\n{error}"
        return subprocess.CompletedProcess(argv, process.returncode, out, error)

    def attach(self, name):
        return Lab.attach(name, self.registry)

    def processes(self):
        """Every process, ours excepted, whose arguments name this home."""
        found = []
        for process in psutil.process_iter(["cmdline", "status"]):
            argv = process.info["cmdline"] or []
            zombie = process.info["status"] == psutil.STATUS_ZOMBIE
            if process.pid != os.getpid() and not zombie and str(self.path) in " ".join(argv):
                found.append(f"{process.pid} {' '.join(argv)[:160]}")
        return found

    def wait_empty(self):
        """Wait until no process of any lab here is left."""
        wait_until("the processes to end", lambda: "; ".join(self.processes()), 20)

    def labs(self):
        return self.registry.names()


def with_small_disk(folder, size):
    """Return what starts a command that finds a small file system on a folder, and nobody else.

    Other tests compare the mounts of the host meanwhile.
    """
    script = f'mount -t tmpfs -o size={size} tmpfs "$0" && exec "$@"'
    return ["unshare", "--mount", "sh", "-c", script, str(folder)]


def as_found_by(process, path):
    """Return the path under which we find what a process finds under `path`."""
    return Path(f"/proc/{process.pid}/root{path}")


def end_commands():
    """Kill the commands that a test has left running because it failed."""
    while STARTED:
        process = STARTED.pop()
        if process.poll() is None:
            process.kill()
            process.wait()
