"""Commands that make, show and remove labs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from chaos.cli.completion import complete_lab
from chaos.cli.lab_options import LabOptions, with_lab_options
from chaos.cli.panels import LABS
from chaos.cli.progress import report_progress
from chaos.cli.runtime_option import RuntimeOption, settle

if TYPE_CHECKING:
    from lab.lab import Lab

LabOption = Annotated[
    str,
    typer.Option(
        "--lab",
        help="Name of the lab; may be left out when only one runs.",
        autocompletion=complete_lab,
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (up, status, down, gc):
        app.command(rich_help_panel=LABS)(command)


def name_of(option: str) -> str:
    """Return the lab that is meant: the named one, or the only one. Raises InputError."""
    from chaos.errors import InputError
    from lab.lab import lab_names
    from lab.registry import Registry

    names = lab_names(Registry())
    if option:
        if option not in names:
            raise InputError(f"there is no lab named {option}; `halab status` lists them")
        return option
    if len(names) != 1:
        listed = ", ".join(names) or "there is none; `halab up` makes one"
        raise InputError(f"which lab? Name one: {listed}")
    return names[0]


def attach(option: str) -> Lab:
    """Attach to the lab that is meant."""
    from lab.lab import Lab

    return Lab.attach(name_of(option))


@with_lab_options
def up(
    name: Annotated[str, typer.Argument(help="Name of the lab.")] = "lab",
    runtime: RuntimeOption = "auto",
    *,
    options: LabOptions,
) -> None:
    """Make a lab that outlives this command.

    Example: halab up --etcd 5 --masters 2
    """
    from lab.lab import Lab

    spec = options.spec(name=name)
    spec = spec.model_copy(update={"runtime": settle(runtime, [spec])})
    Lab.up(spec, owned=False, progress=report_progress).close()
    typer.echo(name)


def status() -> None:
    """Show every lab and the state of its components. Example: halab status."""
    from lab.errors import LabError
    from lab.lab import Lab, lab_names
    from lab.registry import Registry

    names = lab_names(Registry())
    if not names:
        typer.echo("no lab; `halab up` makes one")
    for name in names:
        try:
            lab = Lab.attach(name)
        except LabError as error:
            typer.echo(f"{name}: {error}")
            continue
        typer.echo(f"{name}: running ({lab.plan.spec.runtime})")
        for node in lab.plan.nodes:
            typer.echo(f"  {node.name:10} {node.address:12} {_state(lab, node.name)}")
        lab.close()


def _state(lab: Lab, node: str) -> str:
    from lab.errors import LabError

    try:
        states = lab.agent(node).components()
        faults = lab.agent(node).active()
    except LabError as error:
        return str(error)
    planned = [part.name for part in lab.plan.components if part.node == node]
    alive = {name for name, state in states.items() if state.alive}
    shown = [f"{name} {'up' if name in alive else 'DOWN'}" for name in planned]
    return ", ".join(shown) + (f"  faults: {', '.join(faults)}" if faults else "")


def down(
    name: Annotated[str, typer.Argument(help="Name of the lab.", autocompletion=complete_lab)] = "",
) -> None:
    """Take a lab down and remove all of it, a broken one too. Example: halab down lab."""
    from lab.lab import remove_lab

    name = name_of(name)
    remove_lab(name)
    report_progress(f"lab {name} is gone")


def gc() -> None:
    """Remove what labs that no longer run have left behind. Example: halab gc."""
    from lab.lab import collect

    removed = collect()
    for name in removed:
        typer.echo(f"removed what was left of lab {name}")
    if not removed:
        typer.echo("nothing was left behind")
