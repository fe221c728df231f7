"""Real labs for the tests: a home of their own, and proof that nothing of it is left."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from lab.binaries import resolve
from lab.lab import Lab
from lab.readiness import wait_until
from lab.registry import Registry

HALAB = Path(sys.executable).with_name("halab")


class Home:
    """Where the labs of the tests live, and the command that works there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.registry = Registry(path / "halab")
        self.environment = {**os.environ, "XDG_STATE_HOME": str(path)}

    def popen(self, *argv, **options):
        return subprocess.Popen(
            [str(HALAB), *argv], env=self.environment, cwd=self.path, text=True, **options
        )

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


def host_traces():
    """What the host has of namespaces, links, routes and mounts: a lab must not change it."""
    commands = (["ip", "-o", "link"], ["ip", "netns"], ["ip", "route"])
    said = [subprocess.run(c, capture_output=True, text=True, check=True).stdout for c in commands]
    return [*said, Path("/proc/self/mounts").read_text()]


@pytest.fixture
def home(tmp_path):
    """A home without labs; after the test nothing of it may be left, and the host be unchanged."""
    before = host_traces()
    made = Home(tmp_path)
    yield made
    for name in made.labs():
        made.halab("down", name)
    made.wait_empty()
    assert made.labs() == []
    assert host_traces() == before


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A home with one lab of 3 etcd x 3 masters x 2 workers, made by `halab up`."""
    made = Home(tmp_path_factory.mktemp("home"))
    made.halab("up", "big")
    yield made
    made.halab("down", "big")
    made.wait_empty()


@pytest.fixture
def lab(shared):
    """The shared lab, attached; whatever a test has broken is healed after it."""
    attached = shared.attach("big")
    yield attached
    for node in attached.plan.nodes:
        attached.agent(node.name).call("heal", names=None)
    attached.close()


@pytest.fixture(scope="session")
def kubectl():
    return str(resolve(say=print).path("kubectl"))
