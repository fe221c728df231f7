"""A command of halab in this process, where no lab can be started, and how it ended.

`problems_of` is what is demanded of every end, whatever the input was.
"""

from __future__ import annotations

import io
import re
import resource
import signal
import sys
import time
import traceback
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING

import typer.main

from chaos.cli import app as cli
from chaos.errors import InputError
from chaos.probes import endpoint
from lab.errors import LabError
from lab.lab import Lab
from lab.runtime.docker.driver import DockerDriver

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pytest

COMMAND = typer.main.get_command(cli.app)  # to read all annotations takes Typer 40 ms
# what one input may take: of this process's time, of a clock, of memory
MOST_CPU_S = 2.0
MOST_S = 30
MOST_GROWTH_KIB = 700 * 1024
CODES = frozenset({0, 1, 2, 3, 4, 5, 130})
ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Input:
    """A command line, and what may come of it. `named`: what a refusal must name."""

    argv: Sequence[str]
    codes: frozenset[int] = CODES
    named: Sequence[str] = ()
    done: str = ""  # what was made of what, for people


@dataclass(frozen=True)
class Ended:
    """How a command ended. `failure`: what came out of it that is no end of a command."""

    code: int
    out: str
    err: str
    cpu_s: float = 0.0
    growth_kib: int = 0
    failure: str = field(default="")


class Hung(BaseException):
    """A command took too long; nothing catches it by chance."""


def keep_labs_away(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Give commands a home and a current folder of their own, and neither labs nor endpoints."""
    for name in ("state", "cache", "here"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    patch.setenv("XDG_STATE_HOME", str(folder / "state"))
    patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    patch.setenv("LC_ALL", "C.UTF-8")
    patch.chdir(folder / "here")
    patch.setattr(typer.main, "get_command", lambda _: COMMAND)

    def no_lab(*_: object, **__: object) -> None:
        raise LabError("no lab is started here")

    def no_endpoint(*_: object) -> None:
        raise InputError("no endpoint is asked here")

    patch.setattr(Lab, "up", no_lab)
    patch.setattr(DockerDriver, "labs_with_leftovers", lambda *_: set())
    patch.setattr(endpoint, "probed_address", no_endpoint)


def call(argv: Sequence[str]) -> Ended:
    """Run a command."""
    streams = [
        io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace")
        for _ in range(2)
    ]
    before = sys.argv, sys.stdout, sys.stderr
    failure, code = "", 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun_s = time.process_time()
    sys.argv, sys.stdout, sys.stderr = ["halab", *argv], *streams
    try:
        with _limited():
            code = cli.run_app()
    except Hung:
        failure = f"it took more than {MOST_S} s\n{traceback.format_exc()}"
    except Exception:  # noqa: BLE001 - whatever it is, the input is reported
        failure = traceback.format_exc()
    finally:
        sys.argv, sys.stdout, sys.stderr = before
    cpu_s = time.process_time() - begun_s
    growth = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak
    out, err = (_text(stream) for stream in streams)
    return Ended(code, out, err, cpu_s, growth, failure)


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    return stream.buffer.getvalue().decode(errors="replace")  # type: ignore[attr-defined]


@contextmanager
def _limited() -> Iterator[None]:
    def give_up(*_: object) -> None:
        raise Hung

    previous = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, MOST_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def problems_of(given: Input, ended: Ended) -> list[str]:
    """Return what is wrong about the end of a command; nothing for one that is right."""
    found = SimpleNamespace(**vars(ended))
    problems = [ended.failure.strip().splitlines()[-1]] if ended.failure else []
    if ended.code not in given.codes:
        problems.append(f"ended in {ended.code}: {ended.err.strip()[-300:]}")
    if "Traceback (most recent" in ended.out + ended.err or "defect of ours" in ended.err:
        problems.append(f"a defect: {ended.err.strip()[-300:]}")
    if acting := ACTING.search(ended.out + ended.err):
        problems.append(f"the terminal gets {acting[0]!r}")
    if found.cpu_s > MOST_CPU_S:
        problems.append(f"took {ended.cpu_s:.1f} s of the processor")
    if found.growth_kib > MOST_GROWTH_KIB:
        problems.append(f"took {ended.growth_kib // 1024} MiB")
    if ended.code == 2 and not ended.failure:
        problems += _refusal_problems(given, ended)
    return problems


def _refusal_problems(given: Input, ended: Ended) -> list[str]:
    """Return what is wrong about a refusal: it is one message that names the file."""
    usage = ended.err.startswith("Usage: ") and not given.named
    messages = len(re.findall(r"^halab: ", ended.err, re.MULTILINE))
    if not usage and messages != 1:
        return [f"{messages} messages: {ended.err.strip()[-300:]!r}"]
    missing = [name for name in given.named if name not in ended.err]
    return [] if usage or not missing else [f"{missing[0]} is not named: {ended.err[-300:]}"]
