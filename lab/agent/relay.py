"""Channels that turn into raw bytes: a TCP connection into the node's network.

Such a request returns the value of its answer and what then carries the bytes; the channel ends
with it.
"""

from __future__ import annotations

import contextlib
import select
import socket
from typing import Callable, Tuple

Carry = Callable[[socket.socket], None]
CONNECT_TIMEOUT_S = 5.0
CHUNK_BYTES = 65536


def pump(left: socket.socket, right: socket.socket) -> None:
    """Copy bytes both ways until both sides have ended."""
    ways = {left: right, right: left}
    while ways:
        for source in select.select(list(ways), [], [])[0]:
            target = ways[source]
            try:
                chunk = source.recv(CHUNK_BYTES)
                if chunk:
                    target.sendall(chunk)
                    continue
                target.shutdown(socket.SHUT_WR)
            except OSError:
                return
            del ways[source]


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
