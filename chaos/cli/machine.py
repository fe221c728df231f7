"""Commands about this machine: what it has, and what it lacks."""

from __future__ import annotations

import typer

from chaos.cli.progress import say


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (binaries, runtimes, doctor):
        app.command()(command)


def binaries() -> None:
    """Find, download or build the pinned binaries. Example: halab binaries."""
    from lab.binaries import resolve

    for name, path in resolve(say=say).paths.items():
        print(f"{name}\t{path}")


def runtimes() -> None:
    """Show what each runtime can do, and which one this machine has. Example: halab runtimes."""
    from chaos.cli.tables import print_table
    from lab.runtime.drivers import DRIVERS, capability_table

    print_table(capability_table(), width=120)
    for name, driver in DRIVERS.items():
        typer.echo(f"{name} on this machine: {driver.unavailable(()) or 'yes'}")


def doctor() -> None:
    """Say what this machine lacks. Example: halab doctor."""
    from lab.balancers.registry import programs
    from lab.runtime.drivers import AUTO, DRIVERS, choose

    for name, driver in DRIVERS.items():
        reason = driver.unavailable(programs())
        lacking = "".join(f"\n  no {what}: {why}" for what, why in driver.lacking().items())
        typer.echo(f"{name}: {reason or f'can make labs{lacking}'}")
    choose(AUTO, programs())
