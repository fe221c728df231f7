"""What must hold after a blow: nothing is left, at most `halab gc` later, and runs are readable."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from tests.torture import docker_things

if TYPE_CHECKING:
    from tests.torture.home import Home
    from tests.torture.plan import Run

GONE_TIMEOUT_S = 20.0
POLL_S = 0.05
# What the state home may hold for good beside empty folders. Labs are looked for one by one.
MAY_STAY = ("labs", "lock", "*.lock")
VERDICTS = {0, 1, 5}


@dataclass
class Aftermath:
    """What was found; `gc_had_work`: whether it removed anything."""

    gc_had_work: bool = False
    wrong: list[str] = field(default_factory=list)


def codes_of_an_end(run: Run) -> set[int]:
    """Return the exit codes of a command that ends by itself, whatever else is at work."""
    if run.command != "by-hand":
        return VERDICTS
    # of two that make or remove one lab, one comes too late
    return {0, 2, 3} if run.trouble == "pair" else {0}


def look(home: Home, run: Run, may_stay: str) -> Aftermath:
    """Collect what is left, and return all that is still there or cannot be read.

    `may_stay`: the lab that may still run by right, which is healed and taken down first.
    """
    found = Aftermath()
    collected = home.halab("gc")
    found.gc_had_work = "nothing was left" not in collected.output
    if collected.code != 0:
        found.wrong.append(f"gc ended with {collected.code}: {collected.output[-1500:]}")
    if may_stay in home.labs():
        # an agent that is still stopped answers no `heal`, and must not hinder `down`
        _take_down(home, may_stay, found, heals=run.trouble != "hung")
    found.wrong += [f"left: {trace}" for trace in left(home, run)]
    found.wrong += unreadable_runs(home)
    return found


def _take_down(home: Home, name: str, found: Aftermath, *, heals: bool) -> None:
    """Heal a lab that goes on, twice, and take it down."""
    healing = [("heal", "--lab", name)] * 2 if heals else []
    for argv in (*healing, ("down", name)):
        ended = home.halab(*argv)
        if ended.code != 0:
            found.wrong.append(f"{argv[0]} ended with {ended.code}: {ended.output[-1500:]}")


def left(home: Home, run: Run) -> list[str]:
    """Return what is left of labs and commands below a home, by their own marks."""
    until_s = time.monotonic() + GONE_TIMEOUT_S
    while (processes := _processes(home)) and time.monotonic() < until_s:
        time.sleep(POLL_S)
    traces = [*processes, *(f"lab {name}" for name in home.labs())]
    if run.runtime == "docker":
        traces += docker_things.of_labs_below(home.path)
    traces += [f"mount {line}" for line in _lines_with(Path("/proc/self/mountinfo"), home)]
    for device in Path("/sys/block").glob("loop*/loop/backing_file"):
        traces += [f"{device.parts[3]} {line}" for line in _lines_with(device, home)]
    for path in home.state.glob("*"):
        empty = path.is_dir() and not any(path.iterdir())
        if not empty and not any(path.match(pattern) for pattern in MAY_STAY):
            traces.append(f"{path.relative_to(home.path)}: {_beginning(path)}")
    for path in home.scratch.iterdir():
        # of the script that makes the ordinary user
        if not (run.user == "ordinary" and path.match("tmp.*")):
            traces.append(f"{path.relative_to(home.path)}: {_beginning(path)}")
    return traces


def _processes(home: Home) -> list[str]:
    """Return our descendants, orphans among them, and whoever else names the home."""
    own = psutil.Process()
    named = [
        process
        for process in psutil.process_iter(["cmdline"])
        if str(home.path) in " ".join(process.info["cmdline"] or []) and process.pid != own.pid
    ]
    lines = set()
    for process in [*own.children(recursive=True), *named]:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                _reap(process.pid)
                continue
            lines.add(f"process {process.pid} {' '.join(process.cmdline())[:160]}")
        except psutil.NoSuchProcess:
            continue
    return sorted(lines)


def kill_descendants() -> None:
    """Kill whatever this process has started and has not ended, so that no other run meets it."""
    until_s = time.monotonic() + GONE_TIMEOUT_S
    while (running := psutil.Process().children(recursive=True)) and time.monotonic() < until_s:
        for process in running:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
            _reap(process.pid)


def _reap(pid: int) -> None:
    """Take the end of an orphan that has become ours."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def _lines_with(file: Path, home: Home) -> list[str]:
    try:
        lines = file.read_text(errors="replace").splitlines()
    except OSError:
        return []
    # our own small disk for runs is taken away by who has mounted it
    return [line for line in lines if str(home.path) in line and f"{home.runs} " not in line]


def _beginning(path: Path) -> str:
    """Return the last lines of a file, or the names in a folder."""
    if path.is_dir():
        names = [file for file in sorted(path.rglob("*")) if file.is_file()]
        return "; ".join(
            f"{file.name}: {file.read_text(errors='replace')[-600:]}" for file in names
        )
    return path.read_text(errors="replace")[-600:]


def unreadable_runs(home: Home) -> list[str]:
    """Return which run directories cannot be analysed, and how that ended."""
    wrong = []
    for directory in sorted(path for path in home.runs.iterdir() if path.is_dir()):
        # without a record nothing was measured, and that is refused as bad input
        allowed = VERDICTS if (directory / "run.json").exists() else {2}
        ended = home.halab("analyze", str(directory))
        if ended.code not in allowed or "Traceback" in ended.output:
            wrong.append(f"analyze {directory.name} ended with {ended.code}: {ended.output[-800:]}")
    return wrong
