"""Many channels to one agent over one pair of byte streams, the same program at both ends.

A process that is started by `docker exec` costs more than most requests. So there is one for each
user of a node, and its streams carry frames: channel, kind, length, bytes. A channel that nobody
reads delays no other channel: its bytes are kept until they are read.
"""

from __future__ import annotations

import collections
import contextlib
import os
import selectors
import socket
import struct
import threading
from typing import Any, Callable, Deque

from lab.agent.relay import end_both_ways, is_closed

HEADER = struct.Struct("!IBI")
OPEN, DATA, END, CLOSE = range(4)
CHUNK_BYTES = 65536
# What waits for the trunk beyond this stops the reading of channels until it is sent.
CONGESTED_BYTES = 1 << 20


def frame(number: int, kind: int, data: bytes = b"") -> bytes:
    """Return the bytes of one frame."""
    return HEADER.pack(number, kind, len(data)) + data


class MuxChannel:
    """One end of a channel: the bytes that wait for its socket, and which ways have ended."""

    def __init__(self, number: int, connection: socket.socket) -> None:
        self.number = number
        self.connection = connection
        self.outgoing = bytearray()
        self.ended_here = False
        self.ended_there = False


class Mux:
    """Serves the channels of one trunk.

    `receive` returns the bytes that came on `source` (empty when they were no whole unit), None at
    its end. `accept` returns the socket for a channel that the other end opens; it is None at the
    end that opens all channels.
    """

    def __init__(
        self,
        source: int,
        sink: int,
        receive: Callable[[], bytes | None],
        accept: Callable[[], socket.socket] | None = None,
    ) -> None:
        self._source, self._sink = source, sink
        self._receive = receive
        self._new_connection = accept
        self._incoming = bytearray()
        self._outgoing = bytearray()
        self._channels: dict[int, MuxChannel] = {}
        self._masks: dict[int, int] = {}
        self._selector = selectors.DefaultSelector()
        self._opened: Deque[socket.socket] = collections.deque()
        self._count = 0
        self._over = False
        self._lock = threading.Lock()
        self._awake, self._waker = socket.socketpair()
        self._awake.setblocking(False)

    def open(self) -> socket.socket | None:
        """Open a channel, from any thread; None when the trunk is gone."""
        ours, theirs = socket.socketpair()
        with self._lock:
            if not self._over:
                self._opened.append(ours)
                self._waker.send(b"w")
                return theirs
        ours.close()
        theirs.close()
        return None

    def stop(self) -> None:
        """End the trunk from another thread; `serve` returns."""
        with self._lock:
            if not self._over:
                self._over = True
                self._waker.send(b"w")

    def serve(self) -> None:
        """Carry bytes until the trunk ends; every channel ends with it."""
        self._watch(self._awake.fileno(), selectors.EVENT_READ, None)
        try:
            while self._step():
                pass
        except OSError:
            pass  # the trunk broke, which ends it as well
        finally:
            with self._lock:
                self._over = True
            channels = [channel.connection for channel in self._channels.values()]
            for connection in [*self._opened, *channels]:
                connection.close()
            self._selector.close()
            self._awake.close()
            self._waker.close()

    def _step(self) -> bool:
        congested = len(self._outgoing) > CONGESTED_BYTES
        same = self._source == self._sink
        write = selectors.EVENT_WRITE if self._outgoing else 0
        self._watch(self._source, selectors.EVENT_READ | (write if same else 0), None)
        if not same:
            self._watch(self._sink, write, None)
        for channel in self._channels.values():
            reads = not channel.ended_here and not congested
            mask = (selectors.EVENT_READ if reads else 0) | (
                selectors.EVENT_WRITE if channel.outgoing else 0
            )
            self._watch(channel.connection.fileno(), mask, channel)
        for key, events in self._selector.select():
            if isinstance(key.data, MuxChannel):
                self._serve(key.data, events)
            elif key.fd == self._awake.fileno():
                self._awake.recv(CHUNK_BYTES)
            elif not self._carry(key.fd, events):
                return False
        while self._opened:
            self._begin(self._opened.popleft())
        return not self._over

    def _carry(self, fd: int, events: int) -> bool:
        """Send to and receive from the trunk; return whether it goes on."""
        with contextlib.suppress(BlockingIOError):
            if fd == self._sink and events & selectors.EVENT_WRITE:
                del self._outgoing[: os.write(fd, self._outgoing[:CHUNK_BYTES])]
            if fd == self._source and events & selectors.EVENT_READ:
                data = self._receive()
                if data is None:
                    return False
                self._take(data)
        return True

    def _watch(self, fd: int, mask: int, data: Any) -> None:
        """Register exactly this interest; without a change it costs a look into a dictionary."""
        before = self._masks.get(fd, 0)
        if mask == before:
            return
        if not before:
            self._selector.register(fd, mask, data)
        elif mask:
            self._selector.modify(fd, mask, data)
        else:
            self._selector.unregister(fd)
        self._masks[fd] = mask

    def _begin(self, connection: socket.socket) -> None:
        self._count += 1
        connection.setblocking(False)
        self._channels[self._count] = MuxChannel(self._count, connection)
        self._outgoing += frame(self._count, OPEN)

    def _serve(self, channel: MuxChannel, events: int) -> None:
        if channel.number not in self._channels:
            return
        try:
            if events & selectors.EVENT_WRITE:
                self._deliver(channel)
            if events & selectors.EVENT_READ:
                self._read(channel)
        except BlockingIOError:
            return
        except OSError:
            self._outgoing += frame(channel.number, CLOSE)
            self._forget(channel)
        else:
            self._settle(channel)

    def _deliver(self, channel: MuxChannel) -> None:
        try:
            del channel.outgoing[: channel.connection.send(channel.outgoing)]
        except (BrokenPipeError, ConnectionResetError):
            if channel.ended_here:
                raise
            channel.outgoing.clear()  # it reads no more; what it has sent before is read to its end

    def _read(self, channel: MuxChannel) -> None:
        data = channel.connection.recv(CHUNK_BYTES)
        if data:
            self._outgoing += frame(channel.number, DATA, data)
        elif is_closed(channel.connection):
            raise ConnectionResetError
        else:
            channel.ended_here = True
            self._outgoing += frame(channel.number, END)

    def _settle(self, channel: MuxChannel) -> None:
        """Pass an end on when everything before it was delivered."""
        if channel.outgoing or not channel.ended_there:
            return
        if channel.ended_here:
            self._forget(channel)
            return
        try:
            channel.connection.shutdown(socket.SHUT_WR)
        except OSError:
            return  # it is closed already, which the next read reports

    def _forget(self, channel: MuxChannel) -> None:
        self._watch(channel.connection.fileno(), 0, None)
        del self._channels[channel.number]
        end_both_ways(channel.connection)
        channel.connection.close()

    def _take(self, data: bytes) -> None:
        self._incoming += data
        while len(self._incoming) >= HEADER.size:
            number, kind, length = HEADER.unpack_from(self._incoming)
            if len(self._incoming) < HEADER.size + length:
                return
            body = bytes(self._incoming[HEADER.size : HEADER.size + length])
            del self._incoming[: HEADER.size + length]
            if kind == OPEN:
                self._accept(number)
            elif number in self._channels:
                self._pass_on(self._channels[number], kind, body)

    def _accept(self, number: int) -> None:
        assert self._new_connection is not None
        try:
            connection = self._new_connection()
        except OSError:
            self._outgoing += frame(number, CLOSE)
            return
        connection.setblocking(False)
        self._channels[number] = MuxChannel(number, connection)

    def _pass_on(self, channel: MuxChannel, kind: int, body: bytes) -> None:
        channel.outgoing += body
        channel.ended_there = channel.ended_there or kind in (END, CLOSE)
        channel.ended_here = channel.ended_here or kind == CLOSE
        self._settle(channel)
