"""Threads that end in an error: reported as any other, and the command is not right then."""

from __future__ import annotations

import threading

from chaos.cli.ends import report_error


class ThreadEnds:
    """What became of the threads of this process. `failed`: whether one ended in an error."""

    def __init__(self) -> None:
        self.failed = False

    def install(self) -> None:
        """Take the errors of all threads; Python would print their tracebacks."""
        threading.excepthook = self.take

    def take(self, ended: threading.ExceptHookArgs) -> None:
        """Report an error that has ended a thread."""
        if isinstance(ended.exc_value, Exception):
            self.failed = True
            report_error(ended.exc_value)
