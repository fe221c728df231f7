"""A fitted file, checked by the program itself: without rights, network, and for a bounded time."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from lab.balancers.fitting import Line, Problem
from lab.environment import search_path, tools_environment

if TYPE_CHECKING:
    from lab.balancers.base import BalancerProgram
    from lab.balancers.fitting import Fitted

TIMEOUT_S = 10.0
NOBODY = 65534
# nginx -t binds what it will listen at; haproxy -c asks for the addresses of names.
_INSIDE = 'ip link set lo up 2>/dev/null; exec "$@"'
_WITHOUT_RIGHTS = (
    *("setpriv", "--no-new-privs", "--inh-caps=-all", "--ambient-caps=-all"),
    "--bounding-set=-all",
)
_PLACE = re.compile(r"(?: in |(?:parsing )?\[)\S*?(?:nginx\.conf|haproxy\.cfg)[:](\d+)\]?\s*:?\s*")
_FAULT = re.compile(r"\[(?:emerg|alert|ALERT)\]")
_NOISE = re.compile(r"^.*?\[(?:emerg|alert|ALERT)\]\s*(?:\(\d+\)|\d+#\d+:)?\s*:?\s*(?:config :)?")
_SUMMARY = re.compile(r"Error\(s\) found in configuration|Fatal errors found|test failed")


def why_unchecked(program: BalancerProgram) -> str:
    """Return what is missing on this machine for `program_problems`, "" for nothing."""
    tools = (program.check_argv[0], "unshare", "setpriv", "ip")
    missing = [tool for tool in tools if shutil.which(tool, path=search_path()) is None]
    return f"{', '.join(missing)} not found" if missing else ""


def program_problems(program: BalancerProgram, fitted: Fitted) -> list[Problem]:
    """Return what the program of this machine has against a file, by the user's lines.

    Raises OSError when no namespace can be made.
    """
    lines = [*(Line(0, text) for text in program.preamble.splitlines()), *fitted.lines]
    with tempfile.TemporaryDirectory(prefix="halab-check-") as folder:
        file = Path(folder) / program.file
        file.write_text("".join(f"{line.text}\n" for line in lines))
        if os.geteuid() == 0:
            for path in (Path(folder), file):
                os.chown(path, NOBODY, NOBODY)
        status, output = _run(_confined(program.check_argv), folder)
    if status is None:
        return [Problem(0, f"{program.name} did not end within {TIMEOUT_S:g} s of its check")]
    if output.startswith(("unshare:", "setpriv:")):
        raise OSError(output.strip())
    if status == 0:
        return []
    faults = [line for line in output.splitlines() if _FAULT.search(line)]
    faults = [line for line in faults if not _SUMMARY.search(line)] or [output.strip()]
    return [_problem(program.name, fault, lines) for fault in faults]


def _confined(argv: tuple[str, ...]) -> list[str]:
    """Return a command in an empty network, as nobody or as the user without rights."""
    namespaces, user = ["unshare", "--net"], []
    if os.geteuid() == 0:
        user = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    else:
        namespaces += ["--user", "--map-current-user", "--keep-caps"]
    return [*namespaces, "sh", "-c", _INSIDE, "sh", *_WITHOUT_RIGHTS, *user, *argv]


def _run(argv: list[str], folder: str) -> tuple[int | None, str]:
    """Return exit code and output; None when the command does not end in time."""
    process = subprocess.Popen(
        argv,
        cwd=folder,
        env=tools_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=TIMEOUT_S)
    except BaseException as error:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        if isinstance(error, subprocess.TimeoutExpired):
            return None, ""
        raise
    return process.returncode, output.decode(errors="replace")


def _problem(name: str, fault: str, lines: list[Line]) -> Problem:
    match = _PLACE.search(fault)
    number = int(match[1]) if match else 0
    reason = _NOISE.sub("", _PLACE.sub("", fault)).strip()
    if not 0 < number <= len(lines):
        return Problem(0, f"{name} refuses it: {reason}")
    line = lines[number - 1]
    return Problem(line.origin, f"{name} refuses {line.text.strip()}: {reason}")
