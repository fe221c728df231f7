"""Commands about this machine: what it has, and what it lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos.cli.say import say

if TYPE_CHECKING:
    import typer


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (binaries, doctor):
        app.command()(command)


def binaries() -> None:
    """Find, download or build the pinned binaries. Example: halab binaries."""
    from lab.binaries import resolve

    for name, path in resolve(say=say).paths.items():
        print(f"{name}\t{path}")


def doctor() -> None:
    """Say what this machine lacks. Example: halab doctor."""
    from lab.disk import why_no_disks
    from lab.runtime.netns import check_tools

    check_tools()
    print("netns: every tool is here")
    reason = why_no_disks()
    print(f"disks that lose power: {f'no, {reason}' if reason else 'yes'}")
