"""Runs the steps of a connection until they end, fail, or time out."""

from __future__ import annotations

import math
import ssl
from typing import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from chaos.probes.prober.connection import HttpConnection, Steps
    from chaos.probes.prober.loop import Loop

# Failures of the network, and of answers that are not HTTP or JSON.
_FAILURES = (OSError, EOFError, ValueError, LookupError, TypeError)


def error_of(failure: Exception) -> str:
    """Return the error name of a failure: refused, tls or reset."""
    if isinstance(failure, ConnectionRefusedError):
        return "refused"
    # a connection that ends during the handshake is no failure of TLS
    ended = isinstance(failure, (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError))
    return "tls" if isinstance(failure, ssl.SSLError) and not ended else "reset"


class Task:
    """`on_end` is called once, with "" or the error name, which may be timeout."""

    def __init__(self, loop: Loop, steps: Steps, until_s: float, on_end: Callable[[str], None]):
        self._steps = steps
        self._on_end = on_end
        self.running = True
        self._limit = (
            loop.call_at(until_s, lambda: self.fail("timeout")) if until_s < math.inf else None
        )

    def follow(self, connection: HttpConnection) -> None:
        """Continue whenever this connection changes."""
        connection.wake = self.resume

    def resume(self) -> None:
        """Run the steps until they wait again."""
        if not self.running:
            return
        try:
            next(self._steps)
        except StopIteration:
            self._end("")
        except _FAILURES as failure:
            self._end(error_of(failure))

    def fail(self, error: str) -> None:
        """End it with an error, if it has not ended."""
        if self.running:
            self._steps.close()
            self._end(error)

    def _end(self, error: str) -> None:
        self.running = False
        if self._limit is not None:
            self._limit.cancel()
        self._on_end(error)
