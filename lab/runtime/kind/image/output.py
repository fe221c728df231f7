"""What a program prints."""

from __future__ import annotations

import subprocess

from lab.child_process import command_failed
from lab.environment import tools_environment
from lab.errors import RuntimeUnavailableError


def output_of(*argv: str) -> str:
    """Run a program and return what it prints. Raises RuntimeUnavailableError when it fails."""
    environment = tools_environment()
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        raise RuntimeUnavailableError(
            command_failed(argv, done.returncode, (done.stderr or done.stdout).splitlines())
        )
    return done.stdout
