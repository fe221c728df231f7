"""What the user reads of an error or an interrupt that ends a command, and its exit code."""

from __future__ import annotations

from chaos.cli.defects import traceback_place
from chaos.cli.doctor import name_lines_behind
from chaos.cli.exit_codes import ExitCode, code_of_error
from chaos.cli.progress import report_progress
from lab.afterwards import UncleanInterrupt


def report_end(error: BaseException) -> ExitCode:
    """Report what ended a command; return its exit code."""
    if not isinstance(error, Exception):
        failures = error.failures if isinstance(error, UncleanInterrupt) else ()
        codes = [report_error(failure) for failure in failures]
        # what else has failed is less than an interrupt
        left = ExitCode.LEFT_BEHIND in codes
        return ExitCode.LEFT_BEHIND if left else ExitCode.INTERRUPTED
    return report_error(error)


def report_error(error: Exception) -> ExitCode:
    """Report an error with all that failed after it; return its exit code."""
    code, text = code_of_error(error), f"halab: {error}"
    if code is None:
        code, place = ExitCode.FAILED, traceback_place(error)
        text = f"halab: a defect of ours: {type(error).__name__}: {error}; see {place}"
    report_progress("\n  ".join([text, *getattr(error, "__notes__", ())]))
    name_lines_behind(error)
    return code
