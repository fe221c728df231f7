"""Runs the contract for a user and a runtime, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.ordinary_user import as_ordinary

ROOT = Path(__file__).parents[2]
NODES, RUNTIME = (Path(__file__).with_name(f"{part}_contract.py") for part in ("node", "runtime"))
DOCKER_SOCKET = Path("/var/run/docker.sock")
SUDO = [] if os.geteuid() == 0 else ["sudo", "-n", "-E"]


def hold_to_contract(user, runtime, parts, tmp_path, only=""):
    """Fail unless the facts of these parts hold, none skipped. `user`: root or ordinary."""
    home = tmp_path / "home"
    home.mkdir()
    python = [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    argv = [*python, f"--basetemp={home}/pytest", "-k", only, *map(str, parts)]
    groups = [DOCKER_SOCKET.stat().st_gid] if runtime != "netns" else []
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
