"""Where a run comes from: its command, the versions of all that ran, and the machine."""

from __future__ import annotations

import datetime as dt
import os
import platform
import uuid
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import psutil

from lab.binaries.versions import ETCD_VERSION, KUBERNETES_VERSION
from lab.runtime.drivers import DRIVERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


@dataclass(frozen=True)
class RunOrder:
    """What is asked for of every kind of run: `command` repeats it.

    `lab_overrides`: the settings of labs that the command line changed, as given there.
    """

    trials: int
    seed: int
    runtime: str
    runs_dir: Path
    command: str
    lab_overrides: Mapping[str, str | int | bool] = field(default_factory=dict)

    def header(self, name: str, versions: Mapping[str, str]) -> dict[str, Any]:
        """Return the fields of a RunHeader of this run, which begins now."""
        now = dt.datetime.now(dt.UTC)
        return {
            "id": f"{now:%Y%m%dT%H%M%SZ}-{name}-{uuid.uuid4().hex[:6]}",
            "name": name,
            "command": self.command,
            "started_at": now.isoformat(),
            "seed": self.seed,
            "versions": dict(versions),
            "host": host(),
            "runtime": self.runtime,
            "lab_overrides": dict(self.lab_overrides),
        }


def versions(runtime: str, programs: Iterable[str] = ()) -> dict[str, str]:
    """Return the version of all that a figure depends on; `programs`: the system's in the lab.

    Raises LabError.
    """
    return {
        "halab": version("halab"),
        "kubernetes": KUBERNETES_VERSION,
        "etcd": ETCD_VERSION,
        **DRIVERS[runtime].versions(programs),
        "python": platform.python_version(),
    }


def host() -> dict[str, str]:
    """Return what a reader must know of this machine."""
    memory_mib = psutil.virtual_memory().total // 2**20
    return {
        "kernel": platform.release(),
        "cores": str(os.cpu_count()),
        "memory": f"{memory_mib} MiB",
    }
