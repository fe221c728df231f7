"""What labs and commands have left behind: found, shown, removed; and labs removed by name."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from lab.errors import CleanupError, LabError
from lab.leftover import Leftover
from lab.registry import LabRecord, Registry
from lab.runtime.drivers import DRIVERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.runtime.base import Runtime


def lab_names(registry: Registry) -> list[str]:
    """Return the names of all labs: those with a directory, and those of which nodes are left."""
    drivers = DRIVERS.values()
    names = {name for driver in drivers for name in driver.labs_with_leftovers(registry.home)}
    return sorted(names.union(registry.names()))


def daemon_problem(record: LabRecord) -> str:
    """Return why the nodes of a lab cannot be reached: another daemon holds them; else "".

    Raises LabError when no daemon answers.
    """
    if record.daemon is None:
        return ""
    here, there = DRIVERS[record.spec.runtime].daemon(), record.daemon
    if here is None or here.identity == there.identity:
        return ""
    return (
        f"its nodes are in the Docker daemon {there.identity} at {there.address}, and this command "
        f"uses {here.identity} at {here.address}; DOCKER_HOST={there.address} or its context "
        "reaches it"
    )


def remove_lab(name: str, registry: Registry | None = None) -> None:
    """Remove a lab by name, a broken one too. Raises LabError when there is none, CleanupError."""
    registry = registry or Registry()
    if name not in lab_names(registry):
        raise LabError(f"there is no lab named {name}; `halab status` lists them")
    directory = registry.directory(name)
    record, _ = _read(name, registry)
    if record is not None and (problem := daemon_problem(record)):
        raise LabError(
            f"lab {name} is left as it is: {problem}. If that daemon is gone for ever: "
            f"rm -r {directory}"
        )
    for runtime in _runtimes(name, record, registry):
        runtime.destroy()
    registry.forget(name)


def collect(registry: Registry | None = None, *, dry_run: bool = False) -> list[Leftover]:
    """Remove what labs and commands that have ended left; return that, and what is kept in doubt.

    With `dry_run` nothing is removed. Raises CleanupError when something could not be removed,
    after everything else is removed.
    """
    registry = registry or Registry()
    found: list[Leftover] = []
    errors: list[str] = []

    def attempt(work: Callable[[], list[Leftover]], subject: str) -> None:
        try:
            found.extend(work())
        except LabError as error:
            errors.append(f"{subject}{error}")

    for name in lab_names(registry):
        attempt(partial(_collect, name, registry, dry_run=dry_run), f"{name}: ")
    attempt(partial(registry.collect_halves, dry_run=dry_run), "")
    for driver in DRIVERS.values():
        attempt(partial(driver.collect, registry.home, dry_run=dry_run), "")
    found += registry.strangers()
    if errors:
        removed = [f"{leftover.item} is gone" for leftover in found if not leftover.kept]
        raise CleanupError("\n".join([*([] if dry_run else removed), *errors]))
    return found


def _collect(name: str, registry: Registry, *, dry_run: bool) -> list[Leftover]:
    """Remove a lab unless it lives or is not surely ours: all is asked while nobody may claim."""
    item = f"what was left of lab {name}"
    with registry.unowned(name) as unowned:
        record, problem = _read(name, registry)
        if not unowned:
            return []
        if name not in registry.names():
            if os.path.lexists(registry.directory(name)):
                return []  # a link or a file, which `strangers` names
            # nobody can reach it any more, whether it runs or not
            reason = "its nodes have no directory any more"
        elif problem := problem or _daemon_doubt(record):
            return [Leftover(item, problem, kept=True)]
        elif record is not None and record.owned:
            # its nodes end with its command, and may not have noticed that end yet
            reason = "the command that it was to end with is gone"
        elif any(runtime.alive() for runtime in _runtimes(name, record, registry)):
            return []
        else:
            reason = "it does not run, and no command owns it"
        if not dry_run:
            for runtime in _runtimes(name, record, registry):
                runtime.destroy()
            registry.forget(name)
        return [Leftover(item, reason)]


def _daemon_doubt(record: LabRecord | None) -> str:
    if record is None:
        return ""
    if record.daemon is None and DRIVERS[record.spec.runtime].daemon() is not None:
        return (
            "its record does not name the Docker daemon that it was made in; "
            f"`halab down {record.name}` removes it"
        )
    return daemon_problem(record)


def _read(name: str, registry: Registry) -> tuple[LabRecord | None, str]:
    """Return a lab's record, or why it cannot be read."""
    try:
        return registry.load(name), ""
    except LabError as error:
        return None, str(error)


def _runtimes(name: str, record: LabRecord | None, registry: Registry) -> list[Runtime]:
    """Return the runtimes that may have nodes of a lab: by its record, else all that have any."""
    directory = registry.directory(name)
    if record is not None:
        return [DRIVERS[record.spec.runtime].at(directory)]
    drivers = [d for d in DRIVERS.values() if name in d.labs_with_leftovers(registry.home)]
    return [DRIVERS["netns"].at(directory), *(driver.at(directory) for driver in drivers)]
