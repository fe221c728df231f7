"""The app: all commands, and how an error or an interrupt ends one of them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import typer

from chaos.cli import (
    analyze,
    claims,
    compare,
    doctor,
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
from chaos.cli.ends import report_end
from chaos.cli.exit_codes import ExitCode
from chaos.cli.interrupts import InterruptSignals
from chaos.cli.output import Output
from chaos.cli.panels import PanelGroup
from chaos.cli.progress import report_progress
from chaos.cli.thread_ends import ThreadEnds
from lab.afterwards import INTERRUPTS

if TYPE_CHECKING:
    from collections.abc import Sequence

# These say something about what was measured and printed; any other end stands for itself.
WITH_OUTPUT = (ExitCode.HOLDS, ExitCode.VIOLATED, ExitCode.UNKNOWN)


class EndingGroup(PanelGroup):
    """All commands; the one place where errors become messages and exit codes.

    Typer would end in 1, which means violated, where a pipe breaks or a file ends too early.
    """

    def invoke(self, ctx: Any) -> Any:  # Typer's types are private
        """Run a command."""
        try:
            _check_text(sys.argv[1:])
            return super().invoke(ctx)
        except (typer.Exit, typer.TyperException):
            raise
        except (Exception, KeyboardInterrupt) as error:
            raise typer.Exit(report_end(error)) from error


def _check_text(words: Sequence[str]) -> None:
    """Refuse words that are no text: records are. Raises InputError."""
    for word in words:
        if any("\udc80" <= character <= "\udcff" for character in word):
            from chaos.errors import InputError

            raise InputError(f"{word!a} is no UTF-8")


app = typer.Typer(
    cls=EndingGroup,
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
    doctor,
    selftest,
    images,
)
for module in MODULES:
    module.register(app)


def main() -> None:
    """Run the app as the program that it is."""
    output = Output()
    signals = InterruptSignals()
    signals.install()
    threads = ThreadEnds()
    threads.install()
    code = run_app()
    signals.ignore()
    if INTERRUPTS.arrived and code != ExitCode.LEFT_BEHIND:
        code = ExitCode.INTERRUPTED
    if threads.failed and code in WITH_OUTPUT:
        code = ExitCode.FAILED
    if (lost := output.lost) and code in WITH_OUTPUT:
        report_progress(f"halab: standard output: {lost}")
        code = ExitCode.FAILED
    sys.exit(code)


def run_app() -> int:
    """Run the command of sys.argv; return its exit code."""
    try:
        app()
    except SystemExit as ended:
        return int(ended.code or 0)
    except Exception as error:  # noqa: BLE001 - nobody above reports it
        return report_end(error)
    return ExitCode.HOLDS
