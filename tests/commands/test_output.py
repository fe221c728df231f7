"""Standard output that nobody takes: writing to it raises nothing."""

from __future__ import annotations

import contextlib
import errno
import os
import threading
from pathlib import Path

import pytest

from chaos.cli.output import LenientWriter


@pytest.fixture
def pipe():
    read, write = os.pipe()
    yield read, write
    for number in (read, write):
        with contextlib.suppress(OSError):  # the test has closed it
            os.close(number)


def test_what_is_written_arrives(pipe):
    read, write = pipe
    writer = LenientWriter(write)
    assert writer.write(b"hello") == 5
    writer.flush()
    assert os.read(read, 9) == b"hello"


@pytest.mark.parametrize("size", [5, 100_000], ids=["in the buffer", "beyond the buffer"])
def test_a_reader_that_left_is_noticed_and_nothing_is_raised(pipe, size):
    read, write = pipe
    writer = LenientWriter(write)
    assert not writer.is_gone
    os.close(read)
    for data in (b"x" * size, memoryview(b"again")):
        assert writer.write(data) == len(data)
        writer.flush()
    assert writer.is_gone
    os.write(write, b"what a process writes that has inherited it")


def test_a_full_disk_is_no_reader_that_left():
    with Path("/dev/full").open("wb", buffering=0) as full:
        writer = LenientWriter(full.fileno())
        assert writer.write(b"hello") == 5
        writer.flush()
        assert writer.failure.errno == errno.ENOSPC
        assert not writer.is_gone


@pytest.mark.parametrize("size", [5, 300_000], ids=["in the buffer", "beyond the buffer"])
def test_a_descriptor_that_another_process_made_non_blocking_is_waited_for(pipe, size):
    read, write = pipe
    os.set_blocking(write, False)
    filled = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            filled += os.write(write, b"x" * 65536)
    taken = bytearray()

    def take():
        while len(taken) < filled + size:
            taken.extend(os.read(read, 1_000_000))

    reader = threading.Thread(target=take)
    reader.start()
    writer = LenientWriter(write)
    assert writer.write(b"y" * size) == size
    writer.flush()
    reader.join(10)
    assert taken.endswith(b"y" * size)
    assert taken.count(b"y") == size
