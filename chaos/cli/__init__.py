"""The command line, thin: parse, call, print, exit code."""

from __future__ import annotations

import signal
import sys
from typing import NoReturn

import typer

from chaos.cli import (
    claims,
    compare,
    faults,
    images,
    inside,
    labs,
    machine,
    probe,
    runs,
    tolerance,
)
from chaos.cli.codes import code_of_error
from chaos.cli.say import say

app = typer.Typer(
    help="Break highly available Kubernetes control planes, and measure what workers see.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,  # rich alone takes half of the time that help may take
)
MODULES = (labs, inside, probe, faults, runs, compare, tolerance, claims, machine, images)
for module in MODULES:
    module.register(app)


def main() -> None:
    """Run the app; the one place where errors become messages and exit codes."""
    signal.signal(signal.SIGINT, _interrupt_once)
    signal.signal(signal.SIGTERM, _interrupt_once)
    try:
        app()  # a wrong option ends in 2, Ctrl-C in 130, by itself
    except Exception as error:
        code = code_of_error(error)
        if code is None:
            raise
        say(f"halab: {error}")
        sys.exit(code)


def _interrupt_once(*_: object) -> NoReturn:
    """Interrupt, and let nothing interrupt the undoing."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: say("halab: already undoing"))
    say("halab: interrupted; undoing, what was measured is kept")
    raise KeyboardInterrupt
