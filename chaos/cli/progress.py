"""The one place where the command line prints lines: results, progress and messages.

Much of what is printed comes out of files and from other programs, so control characters, which
a terminal would obey, are written as their codes.
"""

from __future__ import annotations

import typer

from reports.locale.printable import printable


def report_progress(text: str) -> None:
    """Print progress or a message, on standard error."""
    typer.echo(printable(text), err=True)


def print_result(text: str) -> None:
    """Print a result, on standard output."""
    typer.echo(printable(text))
