"""Programs of the system, as checks ask them."""

from __future__ import annotations

import shutil
import subprocess

from lab.environment import search_path, tools_environment
from lab.runtime.netns.runtime import namespaces_argv

TIMEOUT_S = 10


def path_of(program: str) -> str | None:
    """Return where a program is, None where it is not."""
    return shutil.which(program, path=search_path())


def output_of(*argv: str) -> tuple[int, str]:
    """Run a program; return its code and all that it printed."""
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            timeout=TIMEOUT_S,
            env=tools_environment(),
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return 127, str(error)
    return done.returncode, done.stdout.strip()


def in_namespaces(*argv: str) -> tuple[int, str]:
    """Run a program in namespaces as a lab has them."""
    return output_of(*namespaces_argv(), *argv)
