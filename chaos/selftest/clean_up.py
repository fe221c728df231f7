"""Is anything left of a lab that was taken down? What it consists of is noted while it runs."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from chaos.errors import ChaosError
from chaos.faults.injection import Injection
from chaos.faults.isolate import Isolate
from chaos.selftest.silent_fault import TARGET
from chaos.selftest.statements import verdict
from lab.afterwards import afterwards
from lab.agent.nft import TABLE_PREFIX
from lab.environment import tools_environment
from lab.registry import Registry
from reports.locale.message import message

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lab.lab import Lab
    from reports.verdict import Verdict

PROC = Path("/proc")
# Within which a node lists its tables; its agent may hang.
LIST_TIMEOUT_S = 10.0
NAMESPACES = ("net", "mnt", "pid", "user", "uts")


@dataclass(frozen=True)
class LabTraces:
    """What a lab consists of on this machine.

    `namespaces`: as /proc names them, for example net:[4026532281]. `tables`: names of tables of
    packet rules. `mounts`: lines of this process's mountinfo that hold a namespace of the lab.
    """

    name: str
    directory: Path
    processes: frozenset[psutil.Process]
    namespaces: frozenset[str]
    tables: frozenset[str]
    mounts: frozenset[str]


def check_clean_up(lab: Lab) -> Verdict:
    """Take a lab down that has a fault in, and look for what it consisted of.

    Raises ChaosError, LabError, OSError where that could not be noted, CleanupError; the lab is
    taken down.
    """
    with afterwards(lab.down):
        injection = Injection(lab, "left-in", Isolate(), (TARGET,))
        injection.begin()
        injection.confirm()
        traces = traces_of(lab)
    return judged(traces, left_of(traces, time.time()))


def judged(traces: LabTraces, left: Sequence[str]) -> Verdict:
    """Return the verdict on what is left. Pure."""
    if left:
        note = message("selftest-left-behind", items=", ".join(left))
        return verdict("clean-up", "violated", note)
    note = message(
        "selftest-nothing-left",
        processes=len(traces.processes),
        namespaces=len(traces.namespaces),
        tables=len(traces.tables),
    )
    return verdict("clean-up", "holds", note)


def traces_of(lab: Lab) -> LabTraces:
    """Note what a running lab consists of.

    Raises ChaosError when something that every lab has cannot be observed here: that it is gone
    later would show nothing. OSError, LabError.
    """
    keepers = [process for process in psutil.process_iter() if _names(process, lab.directory)]
    namespaces = _all_namespaces(keepers) - _namespaces(os.getpid())
    traces = LabTraces(
        name=lab.record.name,
        directory=lab.directory,
        processes=frozenset(p for p in psutil.process_iter() if _namespaces(p.pid) & namespaces),
        namespaces=namespaces,
        tables=_tables_on(lab, TARGET.node),
        mounts=frozenset(line for line in _mounts() if any(n in line for n in namespaces)),
    )
    existing = traces.directory.is_dir() and traces.name in Registry().names()
    if not (traces.processes and traces.namespaces and traces.tables and existing):
        raise ChaosError(message("selftest-lab-not-observed", directory=str(traces.directory)))
    return traces


def left_of(traces: LabTraces, down_s: float) -> list[str]:
    """Return what is left of a lab that was taken down at `down_s`, in seconds since the epoch.

    The kernel gives numbers of namespaces that are gone to new ones: a process that has begun
    since then is not of the lab, unless its arguments name the lab's directory.
    """
    left = []
    for process in psutil.process_iter():
        try:
            held = process.create_time() <= down_s and _namespaces(process.pid) & traces.namespaces
            ours = process in traces.processes or held or _names(process, traces.directory)
            if ours and process.status() != psutil.STATUS_ZOMBIE:
                left.append(f"process {process.pid} ({process.name()})")
                left += [f"namespace {name}" for name in sorted(held or ())]
        except psutil.NoSuchProcess:
            continue
    directory = str(traces.directory)
    left += [f"mount {line}" for line in _mounts() if line in traces.mounts or directory in line]
    left += [f"nft table {table}" for table in sorted(_tables_here() & traces.tables)]
    if traces.directory.exists():
        left.append(f"directory {directory}")
    if traces.name in Registry().names():
        left.append(f"record {traces.name}")
    return list(dict.fromkeys(left))


def _names(process: psutil.Process, directory: Path) -> bool:
    """Whether a process of this user has the directory, or a path below, among its arguments."""
    try:
        argv = process.cmdline() if process.uids().real == os.getuid() else []
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False
    return any(part == str(directory) or f"{directory}/" in part for part in argv)


def _namespaces(pid: int) -> frozenset[str]:
    """Return the namespaces of a process; none where it is gone or another user's."""
    try:
        return frozenset(str((PROC / str(pid) / "ns" / kind).readlink()) for kind in NAMESPACES)
    except OSError:
        return frozenset()


def _all_namespaces(processes: Iterable[psutil.Process]) -> frozenset[str]:
    return frozenset[str]().union(*(_namespaces(process.pid) for process in processes))


def _mounts() -> list[str]:
    return (PROC / "self" / "mountinfo").read_text().splitlines()


def _our_tables(listed: str) -> frozenset[str]:
    names = (line.split()[-1] for line in listed.splitlines() if line.strip())
    return frozenset(name for name in names if name.startswith(TABLE_PREFIX))


def _tables_on(lab: Lab, node: str) -> frozenset[str]:
    """Return the tables of a node, as it lists them itself."""
    with lab.agent(node).stream(["nft", "list", "tables"]).channel as channel:
        channel.settimeout(LIST_TIMEOUT_S)
        return _our_tables(channel.makefile("r").read())


def _tables_here() -> frozenset[str]:
    """Return the tables of this process's own network; an ordinary user can have made none."""
    done = subprocess.run(
        ["nft", "list", "tables"],
        capture_output=True,
        text=True,
        check=False,
        env=tools_environment(),
    )
    return _our_tables(done.stdout)
