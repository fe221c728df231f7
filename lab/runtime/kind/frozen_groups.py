"""Control groups below a node's that stay frozen, and keep its container from ending.

runc freezes the group of a container for a moment while it starts it. Where a node is killed at
that moment nobody thaws the group again, and in control groups of version 1 what is frozen cannot
be killed (Documentation/admin-guide/cgroup-v1/freezer-subsystem.rst): the node's first process
waits for it for ever, and the daemon gives up.
"""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from lab.afterwards import afterwards

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

FREEZER = Path("/sys/fs/cgroup/freezer")
# Where the daemon has the group of a container, by its driver of control groups.
PLACES = ("docker/{container}", "system.slice/docker-{container}.scope")
STATE, FROZEN, THAWED = "freezer.state", "FROZEN", "THAWED"
# Of runc itself a group is frozen for milliseconds.
POLL_S = 0.5


@contextlib.contextmanager
def thawed(containers: Collection[str]) -> Iterator[None]:
    """While the block kills containers, thaw what stays frozen below them. `containers`: full ids.

    Where this user may not, the daemon's own error says that a container does not end.
    """
    over = threading.Event()
    thread = threading.Thread(target=_watch, args=(containers, over), daemon=True)
    thread.start()
    with afterwards(over.set, thread.join):
        yield


def _watch(containers: Collection[str], over: threading.Event) -> None:
    before: set[Path] = set()
    while not over.wait(POLL_S):
        now = frozen_below(containers)
        for state in now & before:
            with contextlib.suppress(OSError):
                state.write_text(THAWED)
        before = now


def frozen_below(containers: Collection[str]) -> set[Path]:
    """Return the files with the states of the groups below these containers that are frozen now."""
    frozen = set()
    for container in containers:
        for place in PLACES:
            top = FREEZER / place.format(container=container)
            with contextlib.suppress(OSError):  # groups come and go meanwhile
                for state in top.rglob(STATE):
                    if state.read_text().strip() == FROZEN:
                        frozen.add(state)
    return frozen
