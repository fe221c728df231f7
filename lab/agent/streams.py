"""Channels that turn into the output, and where it is wanted the input, of a process."""

from __future__ import annotations

import contextlib
import functools
import os
import select
import signal
import subprocess
from typing import TYPE_CHECKING, Dict, List, Tuple

from lab.agent.relay import CHUNK_BYTES, Carry, end_both_ways

if TYPE_CHECKING:
    import socket

# How often a process that has closed its output is asked whether it has ended.
POLL_MS = 10


class Exchange:
    """A process and its channel, until the process has ended or the channel is closed.

    A process with an input reads what comes in, and its end when the sender has shut down its way;
    output goes on then. Where a process has no input, that end closes the channel.
    """

    def __init__(self, process: subprocess.Popen[bytes], connection: socket.socket) -> None:
        assert process.stdout is not None
        self._process = process
        self._connection = connection
        self._output, self._input = process.stdout, process.stdin
        self._pending = b""  # received, and not read by the process yet
        self._receives = True
        if self._input is not None:
            os.set_blocking(self._input.fileno(), False)

    def run(self) -> None:
        """Carry the bytes of both ways. Raises OSError when the channel breaks."""
        closed = False
        while not closed and not (self._output.closed and self._has_ended()):
            events = self._wait()
            if not self._output.closed and self._output.fileno() in events:
                self._pass_output()
            if self._pending:
                self._pass_input()
            closed = self._receive(events.get(self._connection.fileno(), 0))

    def _has_ended(self) -> bool:
        """Whether the process has ended. It is not reaped: its number must not become another's."""
        options = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self._process.pid, options) is not None

    def _wait(self) -> Dict[int, int]:
        poll = select.poll()
        if not self._output.closed:
            poll.register(self._output, select.POLLIN)
        # No more is received than the process reads; that the channel is closed is always reported.
        poll.register(
            self._connection, select.POLLIN if self._receives and not self._pending else 0
        )
        if self._pending and self._input is not None:
            poll.register(self._input, select.POLLOUT)
        return dict(poll.poll(POLL_MS if self._output.closed else None))

    def _pass_output(self) -> None:
        chunk = self._output.read(CHUNK_BYTES)
        if chunk:
            self._connection.sendall(chunk)
        else:
            self._output.close()

    def _pass_input(self) -> None:
        assert self._input is not None
        try:
            self._pending = self._pending[os.write(self._input.fileno(), self._pending) :]
        except BlockingIOError:
            pass
        except BrokenPipeError:  # the process reads no more: what comes from now on is dropped
            self._pending = b""
            self._input.close()

    def _receive(self, events: int) -> bool:
        """Take what has come in; return whether the channel is closed."""
        if events & select.POLLHUP:
            return True
        if not events:
            return False
        chunk = self._connection.recv(CHUNK_BYTES)
        if self._input is None:
            return not chunk
        if not chunk:
            self._receives = False
            self._input.close()
        elif not self._input.closed:
            self._pending = chunk
        return False


class Streams:
    """Processes that end with their reader, in the node's directory, and how they ended."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._exit_codes: Dict[int, int] = {}

    def stream(self, argv: List[str], stdin: bool = False) -> Tuple[int, Carry]:
        """Run a process and carry its output, and its input with `stdin`; the value is its pid."""
        process = subprocess.Popen(
            argv,
            cwd=self._directory,
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            bufsize=0,
        )
        return process.pid, functools.partial(self._carry, process)

    def _carry(self, process: subprocess.Popen[bytes], connection: socket.socket) -> None:
        try:
            with contextlib.suppress(OSError):
                Exchange(process, connection).run()
        finally:
            # its children too, should they have outlived it
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
            self._exit_codes[process.pid] = process.wait()
            end_both_ways(connection)

    def exit_code(self, pid: int) -> int:
        """Return the exit code of a streamed process, as a shell reports it; possible only once."""
        code = self._exit_codes.pop(pid)
        return code if code >= 0 else 128 - code
