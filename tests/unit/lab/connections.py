"""Servers on this machine's loopback, and the bytes of a channel."""

from __future__ import annotations

import contextlib
import socket
import threading


@contextlib.contextmanager
def listening(handle):
    """A TCP server on the loopback whose every connection is handled by `handle`."""
    stop = threading.Event()

    def serve():
        while not stop.is_set():
            with contextlib.suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    connection.settimeout(5)
                    handle(connection, stop)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            stop.set()
            thread.join(5)


def say_nothing(_connection, stop):
    stop.wait(5)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def read_all(channel):
    channel.settimeout(5)
    with channel.makefile("rb") as output:
        return output.read()
