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

ROOT = Path(__file__).parents[2]
CONTRACT = Path(__file__).with_name("runtime_contract.py")
ORDINARY_UID = 23456
DOCKER_SOCKET = Path("/var/run/docker.sock")
SUDO = [] if os.geteuid() == 0 else ["sudo", "-n", "-E"]


def closed_ancestors(paths):
    """Return the outermost folders above the paths that others may not enter."""
    closed = set()
    for path in paths:
        for folder in reversed(path.parents):
            if not folder.stat().st_mode & 0o001:
                closed.add(folder)
                break
    return sorted(closed)


def opened(paths):
    """Return a shell script that makes the paths reachable, in this mount namespace only."""
    lines = ["set -e", "stage=$(mktemp -d)", "mount -t tmpfs -o mode=755 tmpfs $stage"]
    for number, path in enumerate(paths):
        lines += [f"mkdir $stage/{number}", f"mount --bind {path} $stage/{number}"]
    for folder in closed_ancestors(paths):
        lines.append(f"mount -t tmpfs -o mode=755 tmpfs {folder}")
        for number, path in enumerate(paths):
            if folder in path.parents:
                lines += [f"mkdir -p {path}", f"mount --bind $stage/{number} {path}"]
    return "\n".join(lines)


def as_ordinary(argv, home, *groups):
    """Return the command line that runs `argv` as somebody without any right but his groups'."""
    if os.geteuid() != 0:
        return argv
    paths = [ROOT, Path(sys.base_prefix), home]
    home.chmod(0o700)
    os.chown(home, ORDINARY_UID, ORDINARY_UID)
    member = f"--groups={','.join(map(str, groups))}" if groups else "--clear-groups"
    drop = (
        f"exec setpriv --reuid={ORDINARY_UID} --regid={ORDINARY_UID} {member} "
        '--inh-caps=-all -- "$@"'
    )
    return ["unshare", "--mount", "sh", "-c", f"{opened(paths)}\n{drop}", "sh", *argv]


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
