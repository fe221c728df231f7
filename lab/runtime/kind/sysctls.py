"""The settings of this machine's kernel that a kubelet changes: recorded, and set back.

A kubelet sets them for the whole machine (pkg/kubelet/cm/container_manager_linux.go), for kind runs
its nodes as privileged containers.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

if TYPE_CHECKING:
    from collections.abc import Mapping

# Setting -> what a kubelet makes of it.
OF_KUBELET = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}
FOLDER = Path("/proc/sys")
RECORD = "sysctls.json"
_RECORDS = TypeAdapter(dict[str, str])


def current() -> dict[str, str]:
    """Return the settings as they are now; those that this machine does not have are left out."""
    found = {}
    for name in OF_KUBELET:
        try:
            found[name] = (FOLDER / name).read_text().strip()
        except OSError:
            continue
    return found


def record(directory: Path) -> None:
    """Write the settings down, unless that was done before. Raises OSError."""
    path = directory / RECORD
    if not path.exists():
        draft = path.with_suffix(".tmp")
        draft.write_text(json.dumps(current()))
        draft.replace(path)


def recorded(directory: Path) -> dict[str, str]:
    """Return what was written down, nothing where it cannot be read: there was no node then."""
    try:
        return _RECORDS.validate_json((directory / RECORD).read_bytes())
    except (OSError, ValueError):
        return {}


def changed_by_kubelet(before: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    """Return the settings to set back: those that have a kubelet's value, and had another. Pure."""
    return {
        name: value
        for name, value in before.items()
        if now.get(name) == OF_KUBELET.get(name) and now.get(name) != value
    }


def set_here(wanted: Mapping[str, str]) -> dict[str, str]:
    """Set these; return those that this user may not set."""
    refused = {}
    for name, value in wanted.items():
        try:
            (FOLDER / name).write_text(value)
        except OSError:
            refused[name] = value
    return refused
