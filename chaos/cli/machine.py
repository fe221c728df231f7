"""Commands about this machine: its binaries and runtimes."""

from __future__ import annotations

from typing import Annotated

import typer

from chaos.cli.panels import MACHINE
from chaos.cli.progress import print_result, report_progress


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (binaries, runtimes):
        app.command(rich_help_panel=MACHINE)(command)


def binaries(
    names: Annotated[list[str] | None, typer.Argument(help="Which ones; all if none.")] = None,
) -> None:
    """Find, download or build pinned binaries, kubemark too. Example: halab binaries kubectl."""
    from chaos.errors import InputError
    from lab.binaries.resolve import resolve
    from lab.binaries.versions import BINARIES

    wanted = names or BINARIES
    if unknown := sorted(set(wanted).difference(BINARIES)):
        raise InputError(f"{', '.join(unknown)}: choose from {', '.join(BINARIES)}")
    for name, path in resolve(wanted, progress=report_progress).paths.items():
        print_result(f"{name}\t{path}")


def runtimes() -> None:
    """Show what each runtime can do, and which one this machine has. Example: halab runtimes."""
    from chaos.cli.tables import print_table
    from lab.runtime.drivers import DRIVERS, capability_table

    print_table(capability_table(), width=120)
    for name, driver in DRIVERS.items():
        print_result(f"{name} on this machine: {driver.unavailable(()) or 'yes'}")
