"""Where labs and binaries are kept."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from lab.binaries.resolve import in_path
from lab.binaries.versions import BINARIES, MODULES
from lab.directories import cache_home, check_executable, check_writable, state_home
from lab.doctor.check import ALL, NONE, Check, lacking, ok, remark
from lab.errors import LabError

if TYPE_CHECKING:
    from pathlib import Path

    from lab.doctor.check import Finding

# An hour of logs and of etcd's data of a lab with three masters.
FREE_MIB = 2048
LEAST_MIB = 200


def _state() -> Finding:
    return _place(state_home(), runs=False)


def _cache() -> Finding:
    return _place(cache_home(), runs=True)


def _place(folder: Path, *, runs: bool) -> Finding:
    try:
        check_writable(folder)
        if runs:
            check_executable(folder)
    except (OSError, LabError) as error:
        return lacking(f"{folder}: {error}")
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(existing).free // 2**20
    found = f"{folder}, {free} MiB free"
    if free < LEAST_MIB:
        return lacking(found)
    return ok(found) if free >= FREE_MIB else remark(f"{found}: little")


def _binaries() -> Finding:
    missing = [
        name
        for module in MODULES
        for name in module.packages
        if name in BINARIES
        and not (cache_home() / "bin" / module.folder / name).exists()
        and in_path(name, module.version) is None
    ]
    planned = [module for module in MODULES if not module.packages.keys().isdisjoint(BINARIES)]
    versions = ", ".join(f"{module.name} {module.version}" for module in planned)
    if not missing:
        return ok(versions)
    return remark(f"{versions}; to be fetched: {', '.join(missing)}")


CHECKS = (
    Check(
        "state-home",
        ALL,
        "labs, their logs and their records live there",
        "XDG_STATE_HOME names another place; `halab gc` removes what is left of dead labs",
        _state,
    ),
    Check(
        "cache-home",
        ALL,
        "binaries are kept there, and started from there",
        "XDG_CACHE_HOME names another place, not mounted noexec",
        _cache,
    ),
    Check(
        "binaries",
        NONE,
        "the pinned etcd and Kubernetes; what is not there is downloaded or built at first use",
        "halab binaries fetches all, before this machine goes offline",
        _binaries,
    ),
)
