"""Standard output and standard error that raise nothing: what nobody takes is left out."""

from __future__ import annotations

import errno
import io
import os
import select
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

STANDARD_OUTPUT, STANDARD_ERROR = 1, 2


class LenientWriter(io.BufferedWriter):
    """The bytes of a descriptor of this process; writing them raises no OSError.

    After the first one the descriptor leads nowhere, here and in processes that inherit it.
    `failure`: that error. All that the operating system is asked is asked in C, so that an
    interrupt finds what was written and what was not.
    """

    def __init__(self, number: int) -> None:
        super().__init__(io.FileIO(number, "w", closefd=False))
        self.failure: OSError | None = None

    def write(self, data: ReadableBuffer, /) -> int:
        """Take bytes; all of them where nobody reads any."""
        left = memoryview(data)
        while True:
            try:
                super().write(left)
            except BlockingIOError as error:  # another process made the descriptor non-blocking
                left = left[error.characters_written :]
                self._wait()
            except OSError as error:
                self._give_up(error)
            else:
                break
        return memoryview(data).nbytes

    def flush(self) -> None:
        """Write what was taken."""
        while True:
            try:
                super().flush()
            except BlockingIOError:
                self._wait()
            except OSError as error:
                self._give_up(error)
            else:
                break

    def _wait(self) -> None:
        select.select([], [self.fileno()], [])

    def _give_up(self, error: OSError) -> None:
        self.failure = self.failure or error
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)

    @property
    def is_gone(self) -> bool:
        """Whether its reader has gone."""
        return self.failure is not None and self.failure.errno == errno.EPIPE


class Output:
    """The streams of this process as commands use them, from `sys`."""

    def __init__(self) -> None:
        _open_closed()
        self.standard = LenientWriter(STANDARD_OUTPUT)
        error = LenientWriter(STANDARD_ERROR)
        sys.stdout = _text_over(self.standard, sys.stdout, line_buffering=self.standard.isatty())
        sys.stderr = _text_over(error, sys.stderr, line_buffering=True)

    @property
    def lost(self) -> OSError | None:
        """Why standard output does not have all that was printed; None for a reader that left."""
        sys.stdout.flush()
        return None if self.standard.is_gone else self.standard.failure


def _open_closed() -> None:
    """Open what was closed before the start, lest a file of ours get its number."""
    for number in (0, STANDARD_OUTPUT, STANDARD_ERROR):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free


def _text_over(writer: LenientWriter, before: object, *, line_buffering: bool) -> io.TextIOWrapper:
    """Return a text stream in the encoding of an earlier one; it replaces what that cannot hold."""
    encoding = getattr(before, "encoding", None) or "utf-8"
    return io.TextIOWrapper(writer, encoding, "replace", line_buffering=line_buffering)


def reader_is_gone() -> bool:
    """Whether nobody reads standard output any more; False where it is not ours."""
    writer = getattr(sys.stdout, "buffer", None)
    return isinstance(writer, LenientWriter) and writer.is_gone
