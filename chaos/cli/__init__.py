"""The command line, thin: parse, call, print, exit code."""

from __future__ import annotations

import sys

import typer

from chaos.cli import faults, labs, runs

app = typer.Typer(
    help="Break highly available Kubernetes control planes, and measure what workers see.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for module in (labs, faults, runs):
    module.register(app)


def main() -> None:
    """Run the app; the one place where errors become messages and exit codes."""
    from chaos.errors import ChaosError, InputError  # noqa: PLC0415 (keeps --help fast)
    from lab.errors import LabError  # noqa: PLC0415

    try:
        app()
    except InputError as error:
        typer.echo(f"halab: {error}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        typer.echo("halab: interrupted; faults undone, what was measured is kept", err=True)
        sys.exit(130)
    except Exception as error:
        from reports.errors import ReportError  # noqa: PLC0415

        if not isinstance(error, (ChaosError, LabError, ReportError)):
            raise
        typer.echo(f"halab: {error}", err=True)
        sys.exit(2 if isinstance(error, ReportError) else 3)
