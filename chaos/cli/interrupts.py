"""The signals that interrupt a command: it undoes what is in, and ends in 130."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from typing import TYPE_CHECKING

from chaos.cli.exit_codes import ExitCode
from lab.afterwards import INTERRUPTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.afterwards import Interrupts

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STANDARD_ERROR = 2
# Ctrl-C at a terminal may arrive twice: from the terminal, and from a program that started us.
SAME_PRESS_S = 0.5
# The first interrupts, the second changes nothing, and the third ends the process.
PRESSES = 3


class InterruptSignals:
    """Interrupts once. No further signal gets into the undoing; a third Ctrl-C ends it at once.

    The kernel and the agents undo then what they can, and `halab gc` the rest.
    """

    def __init__(
        self,
        interrupts: Interrupts = INTERRUPTS,
        clock: Callable[[], float] = time.monotonic,
        end: Callable[[int], object] = os._exit,
    ) -> None:
        self._interrupts = interrupts
        self._clock = clock
        self._end = end
        self._presses = 0
        self._last_s = 0.0

    def install(self) -> None:
        """Take all of them; after `nohup` a hangup stays ignored."""
        for number in SIGNALS:
            if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, lambda number, _frame: self.take(number))

    @staticmethod
    def ignore() -> None:
        """Ignore all from here on: the command has ended, and how it ended stands.

        Python, as it ends, would else give them back their default, which kills it.
        """
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)

    def take(self, number: int) -> None:
        """Take a signal. Raises KeyboardInterrupt for the first one."""
        now_s, last_s = self._clock(), self._last_s
        self._last_s = now_s
        if not self._presses:
            self._presses = 1
            _print("halab: interrupted; undoing, what was measured is kept")
            self._interrupts.arrive()
            return
        # whoever stops a service or closes a terminal may send several signals
        self._presses += number == signal.SIGINT and now_s - last_s > SAME_PRESS_S
        if self._presses < PRESSES:
            _print("halab: already undoing; one more Ctrl-C ends it at once")
            return
        _print("halab: ended while it was undoing; `halab gc` removes what is left")
        self._end(ExitCode.LEFT_BEHIND)


def _print(text: str) -> None:
    """Print a line where that is possible at once: a handler neither raises nor waits."""
    with contextlib.suppress(OSError, ValueError):
        if select.select([], [STANDARD_ERROR], [], 0)[1]:
            os.write(STANDARD_ERROR, f"{text}\n".encode())
