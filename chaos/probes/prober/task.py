"""Runs the steps of one connection until they end, fail, or take too long."""

from __future__ import annotations

import math
import ssl
from typing import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from chaos.probes.prober.connection import Connection, Steps
    from chaos.probes.prober.loop import Loop

# What may come of a network, and of an answer that is none.
_FAILURES = (OSError, EOFError, ValueError, LookupError, TypeError)


def error_of(failure: Exception) -> str:
    """Return the word for a failure: refused, tls or reset."""
    if isinstance(failure, ConnectionRefusedError):
        return "refused"
    # a connection that ends within the handshake says nothing of TLS
    ended = isinstance(failure, (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError))
    return "tls" if isinstance(failure, ssl.SSLError) and not ended else "reset"


class Task:
    """`over` is called once, with "" or the word for what went wrong: timeout too."""

    def __init__(self, loop: Loop, steps: Steps, until_s: float, over: Callable[[str], None]):
        self._steps = steps
        self._over = over
        self.running = True
        self._limit = (
            loop.call_at(until_s, lambda: self.fail("timeout")) if until_s < math.inf else None
        )

    def belongs_to(self, connection: Connection) -> None:
        """Go on whenever this connection changes."""
        connection.wake = self.go_on

    def go_on(self) -> None:
        """Take the steps that can be taken now."""
        if not self.running:
            return
        try:
            next(self._steps)
        except StopIteration:
            self._end("")
        except _FAILURES as failure:
            self._end(error_of(failure))

    def fail(self, error: str) -> None:
        """End it from outside, if it has not ended."""
        if self.running:
            self._steps.close()
            self._end(error)

    def _end(self, error: str) -> None:
        self.running = False
        if self._limit is not None:
            self._limit.cancel()
        self._over(error)
