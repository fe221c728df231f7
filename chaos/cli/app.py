"""The app: all commands, and how an error or an interrupt ends one of them."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import traceback
from typing import NoReturn

import typer

from chaos.cli import (
    analyze,
    claims,
    compare,
    faults,
    images,
    labs,
    machine,
    nodes,
    probe,
    run,
    selftest,
    tolerance,
)
from chaos.cli.exit_codes import ExitCode, code_of_error
from chaos.cli.panels import PanelGroup
from chaos.cli.progress import report_progress

app = typer.Typer(
    cls=PanelGroup,
    help="Break highly available Kubernetes control planes, and measure what workers see.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich alone takes half of the time that help may take
)
MODULES = (
    labs,
    nodes,
    probe,
    faults,
    run,
    analyze,
    compare,
    tolerance,
    claims,
    machine,
    selftest,
    images,
)
for module in MODULES:
    module.register(app)


def main() -> None:
    """Run the app; the one place where errors become messages and exit codes."""
    signal.signal(signal.SIGINT, _interrupt_once)
    signal.signal(signal.SIGTERM, _interrupt_once)
    try:
        app()  # a wrong option ends in 2, Ctrl-C in 130, by itself
    except Exception as error:  # noqa: BLE001 (nobody above reports it)
        code = code_of_error(error)
        if code is None:
            code = ExitCode.FAILED
            kept = _traceback_file(error)
            report_progress(f"halab: a defect of ours: {type(error).__name__}: {error}; see {kept}")
        else:
            report_progress(f"halab: {error}")
        sys.exit(code)


def _traceback_file(error: Exception) -> str:
    """Write a traceback to a file; return its path, or the traceback where that is impossible."""
    text = "".join(traceback.format_exception(error))
    try:
        number, path = tempfile.mkstemp(prefix="halab-", suffix=".traceback", text=True)
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError:
        return f"this\n{text}"
    return path


def _interrupt_once(*_: object) -> NoReturn:
    """Interrupt the command; further signals do not interrupt the undoing."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: report_progress("halab: already undoing"))
    report_progress("halab: interrupted; undoing, what was measured is kept")
    raise KeyboardInterrupt
