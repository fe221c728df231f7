"""A process that holds nodes: it ends with its owner, and watches the agents that it has forked."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
from typing import Callable, List, Sequence, Union

# What the owner writes into our standard input so that we outlive it.
RELEASE = b"r"
OWNER = 0


def keep(
    listeners: Sequence[socket.socket],
    accepted: Callable[[socket.socket], None],
    ended: Callable[[int], None],
) -> None:
    """Serve until the owner's pipe ends.

    `accepted` is called with each listener that has a connection, `ended` with the pid of every
    child that has ended, orphans included. Children are reaped at once: until then they count as
    processes of their group, and a kill waits for the group to be gone.
    """
    woken, wake = socket.socketpair()
    wake.setblocking(False)
    signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    watched: List[Union[int, socket.socket]] = [OWNER, woken, *listeners]
    while True:
        for pid in _reaped():
            ended(pid)
        for source in select.select(watched, [], [])[0]:
            if source is woken:
                woken.recv(4096)
            elif isinstance(source, socket.socket):
                accepted(source)
            elif os.read(OWNER, 1) != RELEASE:
                return
            else:
                watched.remove(OWNER)


def _reaped() -> List[int]:
    gone = []
    with contextlib.suppress(ChildProcessError):
        while pid := os.waitpid(-1, os.WNOHANG)[0]:
            gone.append(pid)
    return gone


def forget_parent(*standard: int) -> None:
    """In a child: reset its signals, and close the named standard files."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    null = os.open(os.devnull, os.O_RDWR)
    for fd in standard:
        os.dup2(null, fd)
