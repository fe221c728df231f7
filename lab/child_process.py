"""A program that ends with what waits for it: all of its process group, however the wait ends.

When this process is killed, the program is killed too; what it has started is not.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from typing import TYPE_CHECKING

from lab.afterwards import afterwards
from lab.environment import search_path
from lab.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from lab.sentence import Sentence


def run_child(
    argv: Sequence[str],
    on_line: Callable[[str], None],
    environment: Mapping[str, str],
    *,
    folder: Path | None = None,
    passed: Sequence[int] = (),
) -> int:
    """Run a program, take each line that it prints, and return its exit code.

    `folder`: where it runs; `passed`: descriptors that it has besides. When this is interrupted,
    every process of its group is killed first. Raises OSError.
    """
    process = subprocess.Popen(
        [*_ending_with_us(), *argv],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=dict(environment),
        cwd=folder,
        pass_fds=passed,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    with process, afterwards(lambda: _end(process)):
        assert process.stdout is not None
        for line in process.stdout:
            on_line(line.rstrip())
        return process.wait()


def command_failed(argv: Sequence[str], code: int, last: Iterable[str]) -> Sentence:
    """Return the sentence of a program that has failed, with the last lines that it printed."""
    return sentence(
        "command-failed",
        "{command} failed with {code}:\n{lines}",
        command=" ".join(argv),
        code=code,
        lines="\n".join(last),
    )


def _ending_with_us() -> list[str]:
    setpriv = shutil.which("setpriv", path=search_path())
    return [setpriv, "--pdeathsig", "KILL"] if setpriv else []


def _end(process: subprocess.Popen[str]) -> None:
    if process.returncode is None:  # so it was not waited for, and its number is still its own
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
