"""Progress and messages go to standard error."""

from __future__ import annotations

import typer


def report_progress(text: str) -> None:
    """Print one line of progress."""
    typer.echo(text, err=True)
