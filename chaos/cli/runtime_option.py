"""The option of the runtime, and the choice of one before a lab is made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chaos.cli.completion import complete_runtime
from chaos.cli.progress import report_progress

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chaos.cli.lab_options import LabOptions, Setting
    from lab.spec import LabSpec

RuntimeOption = Annotated[
    str,
    typer.Option(
        help="How nodes are made: netns, docker, kind; auto: what the suite says, else netns where "
        "it can be had, else docker.",
        autocompletion=complete_runtime,
    ),
]


def laid_over(options: LabOptions, runtime: str) -> dict[str, Setting]:
    """Return what is laid over a suite's labs: the options, and the runtime that was asked for.

    Raises InputError.
    """
    from chaos.errors import InputError
    from lab.runtime.drivers import AUTO

    settings = options.settings()
    if options.attach and runtime not in (AUTO, settings["runtime"]):
        raise InputError(f"--runtime {runtime} and --attach {options.attach} exclude each other")
    return settings if runtime == AUTO else {**settings, "runtime": runtime}


def settle(
    name: str, labs: Iterable[LabSpec], runs_dir: Path | None = None, *, all_fit: bool = True
) -> str:
    """Return the runtime that these labs get, prepared for them.

    All that can be refused is refused before that, for it may take minutes. Raises InputError for
    an unknown name, ChaosError for a folder of runs that cannot be written, NotCapableError for a
    lab that the runtime cannot make, LabError where there is no runtime, memory or place for labs.
    Without `all_fit` labs may need more memory than there is: they are refused one by one.
    """
    from chaos.errors import InputError
    from lab.components.lab_plan import plan_lab
    from lab.directories import check_homes
    from lab.memory import check_memory
    from lab.runtime.drivers import AUTO, DRIVERS, check_capable, choose

    if name not in (AUTO, *DRIVERS):
        raise InputError(f"--runtime {name}: there are {AUTO}, {', '.join(DRIVERS)}")
    if runs_dir is not None:
        check_runs_dir(runs_dir)
    check_homes()
    wanted = list(labs)
    named = {lab.runtime for lab in wanted if "runtime" in lab.model_fields_set}
    if len(named) > 1:
        raise InputError(f"these labs are of several runtimes: {', '.join(sorted(named))}")
    name = named.pop() if name == AUTO and named else name
    programs = {program for lab in wanted for program in plan_lab(lab).system_programs}
    chosen = choose(name, sorted(programs))
    for lab in wanted:
        settled = lab.model_copy(update={"runtime": chosen})
        check_capable(settled)
        if all_fit:
            check_memory(plan_lab(settled))
    DRIVERS[chosen].prepare(report_progress)
    return chosen


def check_runs_dir(folder: Path) -> None:
    """Refuse a folder in which no run directory can be made. Raises ChaosError."""
    from chaos.errors import ChaosError
    from lab.directories import check_writable

    try:
        check_writable(folder)
    except OSError as error:
        raise ChaosError(f"--runs-dir {folder} cannot be written: {error.strerror}") from error
