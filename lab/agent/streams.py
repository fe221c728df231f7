"""Channels that turn into raw bytes: a TCP connection into the network, a process's output.

Each request returns the value of its answer and what then carries the bytes; the channel ends
with it.
"""

from __future__ import annotations

import contextlib
import functools
import os
import select
import signal
import socket
import subprocess
from typing import IO, Callable, Dict, List, Tuple

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


def relay(host: str, port: int) -> Tuple[None, Carry]:
    """Carry a TCP connection into the node's network."""
    target = socket.create_connection((host, port), CONNECT_TIMEOUT_S)
    target.settimeout(None)

    def carry(connection: socket.socket) -> None:
        with target:
            pump(connection, target)

    return None, carry


def _copy_until_either_ends(output: IO[bytes], connection: socket.socket) -> None:
    while True:
        ready = select.select([output.fileno(), connection.fileno()], [], [])[0]
        if output.fileno() in ready:
            chunk = output.read(CHUNK_BYTES)
            if not chunk:
                return
            connection.sendall(chunk)
        elif not connection.recv(1):
            return


def _await_end(process: subprocess.Popen[bytes], connection: socket.socket) -> None:
    """Wait for a process that has closed its output, as long as its reader is there."""
    while process.poll() is None and not select.select([connection], [], [], 0.01)[0]:
        pass


class Streams:
    """Processes that end with their reader, in the node's directory, and how they ended."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._exit_codes: Dict[int, int] = {}

    def stream(self, argv: List[str]) -> Tuple[int, Carry]:
        """Run a process and carry its output; the value is its pid."""
        process = subprocess.Popen(
            argv,
            cwd=self._directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            bufsize=0,
        )
        return process.pid, functools.partial(self._carry, process)

    def _carry(self, process: subprocess.Popen[bytes], connection: socket.socket) -> None:
        assert process.stdout is not None
        try:
            with process.stdout as output, contextlib.suppress(OSError):
                _copy_until_either_ends(output, connection)
                _await_end(process, connection)
        finally:
            # its children too, should they have outlived it
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            self._exit_codes[process.pid] = process.wait()

    def exit_code(self, pid: int) -> int:
        """Return how a streamed process ended, as a shell says it; each is given once."""
        code = self._exit_codes.pop(pid)
        return code if code >= 0 else 128 - code
