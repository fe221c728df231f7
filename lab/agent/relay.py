"""Channels that turn into raw bytes: a TCP connection into the node's network.

Such a request returns the value of its answer and what then carries the bytes; the channel ends
with it.
"""

from __future__ import annotations

import contextlib
import select
import selectors
import socket
from typing import Callable, Tuple

Carry = Callable[[socket.socket], None]
CONNECT_TIMEOUT_S = 5.0
CHUNK_BYTES = 65536


def unnoted() -> None:
    """Note no use of a connection."""


def pump(left: socket.socket, right: socket.socket, used: Callable[[], None] = unnoted) -> None:
    """Copy bytes both ways until both sides have ended; `used` is called when bytes pass."""
    ways = {left: right, right: left}
    # not select(), which takes no descriptor above 1023; not epoll, which takes one itself
    with selectors.PollSelector() as waiting:
        for source in ways:
            waiting.register(source, selectors.EVENT_READ, source)
        while waiting.get_map():
            for key, _ in waiting.select():
                source, target = key.data, ways[key.data]
                used()
                try:
                    chunk = source.recv(CHUNK_BYTES)
                    if chunk:
                        target.sendall(chunk)
                        continue
                    target.shutdown(socket.SHUT_WR)
                except OSError:
                    return
                waiting.unregister(source)


def end_both_ways(connection: socket.socket) -> None:
    """End a local connection with nothing left unread.

    The other end reads what was sent to it, and then the end. With something unread it would get a
    reset, when it is still sending.
    """
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
        while connection.recv(CHUNK_BYTES):
            pass


def is_closed(connection: socket.socket) -> bool:
    """Return whether the other end is closed, and has not only ended its own way."""
    poll = select.poll()
    poll.register(connection, 0)
    return bool(poll.poll(0))


def relay(host: str, port: int) -> Tuple[None, Carry]:
    """Carry a TCP connection into the node's network."""
    target = socket.create_connection((host, port), CONNECT_TIMEOUT_S)
    target.settimeout(None)

    def carry(connection: socket.socket) -> None:
        with target:
            pump(connection, target)

    return None, carry
