"""A process that holds nodes: it ends with its owner, and watches the agents that it has forked."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
from typing import Callable, List, Optional

# What the owner writes into our standard input so that we outlive it.
RELEASE = b"r"
OWNER = 0


def keep(ended: Callable[[int], None], due: Callable[[], Optional[float]]) -> None:
    """Watch children until the owner's pipe ends.

    `ended` is called with the pid of every child that has ended, orphans included; then `due`,
    which returns after how many seconds it wants to be called again at the latest. Children are
    reaped at once: until then they count as processes of their group, and a kill waits for the
    group to be gone.
    """
    woken, wake = socket.socketpair()
    wake.setblocking(False)
    signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    with contextlib.ExitStack() as ends, selectors.PollSelector() as watched:
        ends.callback(signal.set_wakeup_fd, -1)  # children may end after the last look
        for source in (OWNER, woken.fileno()):
            watched.register(source, selectors.EVENT_READ)
        while True:
            for pid in _reaped():
                ended(pid)
            for key, _ in watched.select(due()):
                if key.fd == woken.fileno():
                    woken.recv(4096)
                elif os.read(OWNER, 1) != RELEASE:
                    return
                else:
                    watched.unregister(OWNER)


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
