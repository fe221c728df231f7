"""The contract of the runtimes, held by root and by an ordinary user.

The ordinary user has no entry in /etc/passwd and no rights at all: its number is all that the
kernel knows. In a mount namespace of its own, folders that only root may enter (a home, say)
are replaced by empty ones that hold the three trees that the tests need.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ordinary_user import as_ordinary

ROOT = Path(__file__).parents[2]
CONTRACT = Path(__file__).with_name("runtime_contract.py")
DOCKER_SOCKET = Path("/var/run/docker.sock")
SUDO = [] if os.geteuid() == 0 else ["sudo", "-n", "-E"]


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("user", "runtime", "only"),
    [
        ("root", "netns", ""),
        ("ordinary", "netns", ""),
        ("root", "docker", ""),
        # whom the group makes free to use the daemon: what depends on whose the files are
        ("ordinary", "docker", "destroying or released or asked_for or own_name"),
    ],
)
def test_the_contract_holds(user, runtime, only, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    python = [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    argv = [*python, f"--basetemp={home}/pytest", "-k", only, str(CONTRACT)]
    groups = [DOCKER_SOCKET.stat().st_gid] if runtime == "docker" else []
    command = [*SUDO, *argv] if user == "root" else as_ordinary(argv, home, *groups)
    environment = {
        **os.environ,
        "HOME": str(home),
        "XDG_STATE_HOME": f"{home}/state",
        "HALAB_CONTRACT_USER": user,
        "HALAB_CONTRACT_RUNTIME": runtime,
    }
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    print(done.stdout[-6000:], done.stderr[-3000:])
    assert done.returncode == 0
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout


def test_both_users_can_be_had_here():
    assert None not in (shutil.which("setpriv"), shutil.which("unshare"))
