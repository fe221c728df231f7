"""The home of one run, and the command that works there, as root or as an ordinary user."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.binaries.resolve import resolve
from lab.binaries.versions import BINARIES
from tests.ordinary_user import ORDINARY_UID, as_ordinary

if TYPE_CHECKING:
    from tests.torture.plan import User

HALAB = Path(sys.executable).with_name("halab")
DOCKER_SOCKET = Path("/var/run/docker.sock")
COMMAND_TIMEOUT_S = 90.0


@dataclass(frozen=True)
class Ended:
    """How a command ended; `output`: both streams."""

    code: int
    output: str


def _ignore(_: str) -> None:
    """Print nothing: what is printed is the result of the run."""


class Home:
    """Everything that commands of a run write is below one folder: state, runs, temporary files."""

    def __init__(self, path: Path, user: User, runtime: str) -> None:
        self.path = path
        self.user = user
        self.runtime = runtime
        self.state = path / "state" / "halab"
        self.runs = path / "runs"
        self.scratch = path / "tmp"
        for folder in (path, self.runs, self.scratch):
            folder.mkdir(parents=True)
        if user == "ordinary" and os.geteuid() == 0:
            for folder in (self.runs, self.scratch):
                os.chown(folder, ORDINARY_UID, ORDINARY_UID)

    def popen(self, *argv: str, **options: Any) -> subprocess.Popen[bytes]:
        """Start halab; its number is that of the command itself, whoever runs it."""
        environment = {
            **os.environ,
            "XDG_STATE_HOME": str(self.state.parent),
            "TMPDIR": str(self.scratch),
            "PYTHONUNBUFFERED": "1",
        }
        command = [str(HALAB), *argv]
        if self.user == "ordinary":
            groups = [DOCKER_SOCKET.stat().st_gid] if self.runtime == "docker" else []
            folders = sorted(
                {path.parent for path in resolve(BINARIES, progress=_ignore).paths.values()}
            )
            command = as_ordinary(command, self.path, *groups, readable=folders)
            environment |= {
                "HOME": str(self.path),
                "XDG_CACHE_HOME": f"{self.path}/cache",
                "PATH": ":".join([*map(str, folders), os.environ["PATH"]]),
            }
        return subprocess.Popen(
            command, cwd=self.path, env=environment, start_new_session=True, **options
        )

    def halab(self, *argv: str, timeout_s: float = COMMAND_TIMEOUT_S) -> Ended:
        """Run a command to its end; one that does not end is killed, and its code is that."""
        process = self.popen(*argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            output, _ = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            output, _ = process.communicate()
            output += f"\nkilled: not ended after {timeout_s:g} s".encode()
        return Ended(process.returncode, output.decode(errors="replace"))

    def labs(self) -> list[str]:
        """Return the names of the labs that have a directory."""
        labs = self.state / "labs"
        return sorted(path.name for path in labs.iterdir()) if labs.is_dir() else []
