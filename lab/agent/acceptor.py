"""Accepts connections, never more than there is room for, and survives a lack of descriptors.

Anybody on the machine may connect to the port of a lab, and as often as they like. Whatever they
do, the process that accepts must go on: the lab ends with it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import socket
import struct
import threading
import time
from typing import Callable, Dict, Optional

# Called with a connection, and with what notes that bytes have passed on it.
Handle = Callable[[socket.socket, Callable[[], None]], None]
PAUSE_S = 0.1
# What accept() reports of a connection that was lost before, or while something is used up. All
# other errors are of the listener itself.
LOST = (
    *(errno.ECONNABORTED, errno.EPROTO, errno.EINTR, errno.EPERM),
    *(errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ENONET),
    *(errno.ENOPROTOOPT, errno.EOPNOTSUPP, errno.ETIMEDOUT),
)
USED_UP = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
CREDENTIALS = struct.Struct("iII")
LEAST = 4
# Of a port that anybody may connect to.
PORT_MOST = 128


def room(most: int, share: float) -> int:
    """Return how many connections a listener may have: at most a share of all descriptors."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if limit == resource.RLIM_INFINITY:
        return most
    return max(LEAST, min(most, int(limit * share)))


def is_ours(connection: socket.socket) -> bool:
    """Whether the other end of a Unix socket is this user's or root's."""
    size = CREDENTIALS.size
    peer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    return CREDENTIALS.unpack(peer)[1] in (0, os.geteuid())


def anybody(_: socket.socket) -> bool:
    """Let every connection in."""
    return True


class Acceptor:
    """Hands each connection of a listener to `handle`, in a thread, and closes it afterwards.

    At most `most` connections at once. More wait, or with `evicts` the connection without bytes for
    the longest time is ended for each of them. Those that are not `allowed` are closed at once.
    """

    def __init__(
        self,
        listener: socket.socket,
        handle: Handle,
        most: int,
        *,
        evicts: bool = False,
        allowed: Callable[[socket.socket], bool] = anybody,
    ) -> None:
        self._listener = listener
        self._handle = handle
        self._most = most
        self._evicts = evicts
        self._allowed = allowed
        self._changed = threading.Condition()
        self._used_s: Dict[socket.socket, float] = {}  # connection -> when bytes last passed

    def start(self) -> None:
        """Serve in a thread, until the listener is gone."""

        def serve() -> None:
            with contextlib.suppress(OSError):
                self.serve()

        threading.Thread(target=serve, daemon=True).start()

    def serve(self) -> None:
        """Serve for ever. Raises OSError when the listener is gone."""
        while True:
            if not self._evicts:
                self._wait_for_room()
            connection = self._accepted()
            if connection is None:
                continue
            if not self._allowed(connection):
                connection.close()
                continue
            if self._evicts:
                self._make_room()
            self._start(connection)

    def _accepted(self) -> Optional[socket.socket]:
        try:
            return self._listener.accept()[0]
        except OSError as error:
            if error.errno in USED_UP:
                self._end_idlest()
                time.sleep(PAUSE_S)
            elif error.errno not in LOST:
                raise
            return None

    def _start(self, connection: socket.socket) -> None:
        with self._changed:
            self._used_s[connection] = time.monotonic()
        try:
            threading.Thread(target=self._run, args=(connection,), daemon=True).start()
        except RuntimeError:  # no more threads
            self._forget(connection)
            time.sleep(PAUSE_S)

    def _run(self, connection: socket.socket) -> None:
        try:
            with contextlib.suppress(OSError):
                self._handle(connection, lambda: self._note_use(connection))
        finally:
            self._forget(connection)

    def _note_use(self, connection: socket.socket) -> None:
        with self._changed:
            if connection in self._used_s:
                self._used_s[connection] = time.monotonic()

    def _forget(self, connection: socket.socket) -> None:
        with self._changed:
            self._used_s.pop(connection, None)
            connection.close()
            self._changed.notify_all()

    def _has_room(self) -> bool:
        return len(self._used_s) < self._most

    def _wait_for_room(self) -> None:
        with self._changed:
            self._changed.wait_for(self._has_room)

    def _make_room(self) -> None:
        if not self._has_room():
            self._end_idlest()
            self._wait_for_room()

    def _end_idlest(self) -> None:
        """End the connection without bytes for the longest time; its thread closes it."""
        with self._changed:
            if self._evicts and self._used_s:
                idlest = min(self._used_s, key=lambda connection: self._used_s[connection])
                with contextlib.suppress(OSError):  # it has ended by itself
                    idlest.shutdown(socket.SHUT_RDWR)
