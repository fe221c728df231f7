"""The option that says how nodes are made, and what is done with it before a lab is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from chaos.cli.progress import say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lab.spec import LabSpec

RuntimeOption = Annotated[
    Literal["auto", "netns", "docker"],
    typer.Option(help="How nodes are made; auto: netns where it can be had, else docker."),
]


def settle(name: str, labs: Iterable[LabSpec]) -> str:
    """Return the runtime that these labs get, with all that they share made. Raises LabError.

    What it cannot do is refused here, before anything is started.
    """
    from lab.components import plan_lab
    from lab.runtime.drivers import DRIVERS, check_capable, choose

    wanted = list(labs)
    programs = {program for lab in wanted for program in plan_lab(lab).system_programs}
    chosen = choose(name, sorted(programs))
    for lab in wanted:
        check_capable(lab.model_copy(update={"runtime": chosen}))
    DRIVERS[chosen].prepare(say)
    return chosen
