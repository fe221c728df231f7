"""Many channels over one pair of streams: two ends in one process, with real sockets between."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.agent.mux import Mux
from lab.agent.relay import end_both_ways


class Ends:
    """Two ends of a trunk; what the far one opens is put into `answered`."""

    def __init__(self, *, refuses=False):
        self.answered = []
        self.refuses = refuses
        self.wires = socket.socketpair()
        for wire in self.wires:
            wire.setblocking(False)
        self.near = self._end(self.wires[0], None)
        self.far = self._end(self.wires[1], self._answer)
        self.threads = [threading.Thread(target=end.serve) for end in (self.near, self.far)]
        for thread in self.threads:
            thread.start()

    def _end(self, wire, answer):
        return Mux(wire.fileno(), wire.fileno(), lambda: wire.recv(65536) or None, answer)

    def _answer(self):
        if self.refuses:
            raise ConnectionRefusedError
        ours, theirs = socket.socketpair()
        ours.settimeout(5)
        self.answered.append(ours)
        return theirs

    def open(self):
        count = len(self.answered)
        opened = self.near.open()
        opened.settimeout(5)
        opened.sendall(b"?")
        while len(self.answered) == count:
            time.sleep(0.001)
        assert self.answered[count].recv(1) == b"?"
        return opened, self.answered[count]

    def close(self):
        self.near.stop()
        self.far.stop()
        for thread in self.threads:
            thread.join(5)
            assert not thread.is_alive()
        for connection in (*self.wires, *self.answered):
            connection.close()


@pytest.fixture
def ends():
    ends = Ends()
    yield ends
    ends.close()


def received(connection, count):
    data = b""
    while len(data) < count:
        data += connection.recv(count - len(data))
    return data


def test_channels_carry_their_own_bytes_both_ways(ends):
    pairs = [ends.open() for _ in range(5)]
    for number, (near, far) in enumerate(pairs):
        near.sendall(b"to %d" % number)
        far.sendall(b"from %d" % number)
    for number, (near, far) in enumerate(pairs):
        assert received(far, 4) == b"to %d" % number
        assert received(near, 6) == b"from %d" % number
        near.close()


def test_an_end_of_one_way_leaves_the_other_open(ends):
    near, far = ends.open()
    near.sendall(b"question")
    near.shutdown(socket.SHUT_WR)
    assert received(far, 8) == b"question"
    assert far.recv(1) == b""
    far.sendall(b"answer")
    far.close()
    assert received(near, 6) == b"answer"
    assert near.recv(1) == b""
    near.close()


def test_a_channel_that_is_closed_is_closed_at_the_other_end(ends):
    near, far = ends.open()
    near.close()
    assert far.recv(1) == b""


def hung_up(connection):
    """Whether the other end is closed, and has not only ended its way."""
    poll = select.poll()
    poll.register(connection, 0)
    return bool(poll.poll(100))


def test_a_closed_channel_is_told_from_an_ended_way(ends):
    (near, far), (other_near, other_far) = ends.open(), ends.open()
    near.shutdown(socket.SHUT_WR)
    assert far.recv(1) == b""
    assert not hung_up(far)
    other_near.close()
    assert other_far.recv(1) == b""
    assert hung_up(other_far)
    near.close()


@pytest.mark.parametrize("unread", [1, 3_000_000])
def test_what_was_sent_before_a_close_arrives_whatever_is_unread(ends, unread):
    near, far = ends.open()
    sender = threading.Thread(target=send, args=(near, bytes(unread)))
    sender.start()
    time.sleep(0.1)
    far.sendall(b"answer")
    end_both_ways(far)
    far.close()
    assert received(near, 6) == b"answer"
    assert near.recv(1) == b""
    sender.join(5)
    assert not sender.is_alive()
    near.close()


def send(connection, data):
    with contextlib.suppress(OSError):
        connection.sendall(data)


def test_a_channel_that_nobody_takes_is_closed():
    ends = Ends(refuses=True)
    opened = ends.near.open()
    opened.settimeout(5)
    assert opened.recv(1) == b""
    opened.close()
    ends.close()


def test_what_nobody_reads_does_not_delay_another_channel(ends):
    deaf, loud = ends.open()
    writer = threading.Thread(target=lambda: loud.sendall(bytes(4 << 20)))
    writer.start()
    near, far = ends.open()
    far.sendall(b"quick")
    assert received(near, 5) == b"quick"
    assert received(deaf, 4 << 20) == bytes(4 << 20)
    writer.join(5)
    near.close()
    deaf.close()


def test_every_channel_ends_with_the_trunk_and_none_can_be_opened_after(ends):
    near, far = ends.open()
    ends.wires[1].shutdown(socket.SHUT_RDWR)
    assert near.recv(1) == b""
    assert far.recv(1) == b""
    ends.threads[0].join(5)
    assert ends.near.open() is None
    near.close()


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(0, 200_000), min_size=1, max_size=4))
def test_bytes_of_any_amount_arrive_whole(sizes):
    ends = Ends()
    try:
        for size in sizes:
            text = os.urandom(size)
            near, far = ends.open()
            sender = threading.Thread(target=near.sendall, args=(text,))
            sender.start()
            assert received(far, size) == text
            sender.join(5)
            near.close()
    finally:
        ends.close()
