"""Commands about this machine: what it has, and what it lacks."""

from __future__ import annotations

import typer

from chaos.cli.say import say


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
    from rich.console import Console
    from rich.table import Table

    from lab.runtime.capabilities import table
    from lab.runtime.kinds import KINDS

    heading, *rows = table()
    shown = Table(*heading, box=None, pad_edge=False)
    for row in rows:
        shown.add_row(*row)
    Console(width=120).print(shown)
    for name, kind in KINDS.items():
        typer.echo(f"{name} on this machine: {kind.unavailable(()) or 'yes'}")


def doctor() -> None:
    """Say what this machine lacks. Example: halab doctor."""
    from lab.plan import SYSTEM_PROGRAMS
    from lab.runtime.kinds import AUTO, KINDS, choose

    for name, kind in KINDS.items():
        reason = kind.unavailable(SYSTEM_PROGRAMS)
        lacking = "".join(f"\n  no {what}: {why}" for what, why in kind.lacking().items())
        typer.echo(f"{name}: {reason or f'can make labs{lacking}'}")
    choose(AUTO, SYSTEM_PROGRAMS)
