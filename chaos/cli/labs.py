"""Commands that make, show and remove labs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from chaos.cli.balancer_file import checked_files, lines_of
from chaos.cli.completion import complete_lab
from chaos.cli.lab_options import LabOptions, with_lab_options
from chaos.cli.panels import LABS
from chaos.cli.progress import print_result, report_progress
from chaos.cli.runtime_option import RuntimeOption, laid_over, settle

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
    from lab.collection import lab_names
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
    from chaos.experiment.balancer_file import balancer_file_remarks
    from chaos.probes.series import DEFAULT_SERIES
    from lab.components.lab_plan import plan_lab
    from lab.lab import Lab

    spec = options.spec(name=name, **laid_over(options, runtime))
    unchecked = checked_files([spec], options.own_file, options.lb_config, runtime)
    spec = spec.model_copy(update={"runtime": settle(runtime, [spec])})
    for line in lines_of(
        [*balancer_file_remarks(plan_lab(spec), DEFAULT_SERIES), *unchecked], "en"
    ):
        report_progress(line)
    Lab.up(spec, owned=False, progress=report_progress).close()
    print_result(name)


def status() -> None:
    """Show every lab and the state of its components. Example: halab status."""
    from concurrent.futures import ThreadPoolExecutor
    from functools import partial

    from lab.collection import lab_names
    from lab.errors import LabError
    from lab.lab import Lab
    from lab.registry import Registry

    names = lab_names(Registry())
    if not names:
        print_result("no lab; `halab up` makes one")
    for name in names:
        try:
            lab = Lab.attach(name)
        except LabError as error:
            print_result(f"{name}: {error}")
            continue
        print_result(f"{name}: running ({lab.plan.spec.runtime})")
        # at once: an agent that hangs is waited for, but not once more for each of its like
        with ThreadPoolExecutor(len(lab.plan.nodes)) as pool:
            states = pool.map(partial(_state, lab), [node.name for node in lab.plan.nodes])
            for node, state in zip(lab.plan.nodes, states, strict=True):
                print_result(f"  {node.name:10} {node.address:12} {state}")
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
    from lab.collection import remove_lab

    name = name_of(name)
    remove_lab(name)
    report_progress(f"lab {name} is gone")


def gc(
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List what would be removed, and remove nothing.")
    ] = False,
) -> None:
    """Remove what labs and commands that have ended left behind. Example: halab gc --dry-run."""
    from lab.collection import collect

    found = collect(dry_run=dry_run)
    for leftover in found:
        if leftover.kept:
            print_result(f"kept {leftover.item}: {leftover.reason}")
        elif dry_run:
            print_result(f"would remove {leftover.item}: {leftover.reason}")
        else:
            print_result(f"removed {leftover.item}")
    if not [leftover for leftover in found if not leftover.kept]:
        print_result("nothing was left behind")
