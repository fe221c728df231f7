"""A container beside a node that was found: it shares the node's network and processes.

Its first process is not the first of the node, whose own processes are none of its business. What
it leaves when it ends stays on the node, so it is taken back.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import time
from typing import TYPE_CHECKING, List, Mapping, Set

from lab.agent.components import GONE_POLL_S, GONE_TIMEOUT_S
from lab.agent.found_component import continue_all
from lab.agent.nft import delete_our_tables
from lab.agent.running import parents
from lab.agent.undos import FAILURES

if TYPE_CHECKING:
    from lab.agent.found_component import Description

PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Become the parent of what dead children leave; else it were the node's first process."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "no orphans can be adopted")


def take_back(found: Mapping[str, Description]) -> None:
    """End all that this process has started, and undo what an agent has left on the node."""
    _end_descendants()
    for undo in (delete_our_tables, lambda: continue_all(found)):
        with contextlib.suppress(*FAILURES):
            undo()


def _end_descendants() -> None:
    until_s = time.monotonic() + GONE_TIMEOUT_S
    while (left := _descendants()) and time.monotonic() < until_s:
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(GONE_POLL_S)


def _descendants() -> List[int]:
    """Return the processes that this one, or one of these, has started; zombies do not count."""
    parent_of = parents()
    ours: Set[int] = {os.getpid()}
    while more := {pid for pid, parent in parent_of.items() if parent in ours} - ours:
        ours |= more
    return sorted(ours - {os.getpid()})
