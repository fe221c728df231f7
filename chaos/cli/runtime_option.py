"""The option of the runtime, and the choice of one before a lab is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from chaos.cli.completion import complete_runtime
from chaos.cli.progress import report_progress

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lab.spec import LabSpec

RuntimeOption = Annotated[
    str,
    typer.Option(
        help="How nodes are made: netns, docker; auto: netns where it can be had, else docker.",
        autocompletion=complete_runtime,
    ),
]


def settle(name: str, labs: Iterable[LabSpec]) -> str:
    """Return the runtime that these labs get, prepared for them.

    Raises InputError for an unknown name, NotCapableError for a lab that it cannot make, LabError
    where there is no runtime.
    """
    from chaos.errors import InputError
    from lab.components.lab_plan import plan_lab
    from lab.runtime.drivers import AUTO, DRIVERS, check_capable, choose

    if name not in (AUTO, *DRIVERS):
        raise InputError(f"--runtime {name}: there are {AUTO}, {', '.join(DRIVERS)}")
    wanted = list(labs)
    programs = {program for lab in wanted for program in plan_lab(lab).system_programs}
    chosen = choose(name, sorted(programs))
    for lab in wanted:
        check_capable(lab.model_copy(update={"runtime": chosen}))
    DRIVERS[chosen].prepare(report_progress)
    return chosen
