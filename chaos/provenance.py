"""What figures depend on: the versions of all that ran, and the machine."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from typing import TYPE_CHECKING

import psutil

from lab.binaries import ETCD_VERSION, KUBERNETES_VERSION
from lab.runtime.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable


def versions(runtime: str, programs: Iterable[str] = ()) -> dict[str, str]:
    """Return the version of all that a figure depends on; `programs`: the system's in the lab.

    Raises LabError.
    """
    return {
        "halab": version("halab"),
        "kubernetes": KUBERNETES_VERSION,
        "etcd": ETCD_VERSION,
        **KINDS[runtime].versions(programs),
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
