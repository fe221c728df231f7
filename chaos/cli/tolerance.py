"""The tolerance table, measured."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chaos.cli.conclusion import DryRunOption, JsonOption, LangOption, RunsDirOption, conclude
from chaos.cli.progress import say
from chaos.cli.repeat_command import command_of
from chaos.cli.runtime_option import RuntimeOption, settle


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(tolerance)


def tolerance(
    sizes: Annotated[str, typer.Option(help="Sizes, for example 1-9 or 3,5.")] = "1-9",
    faults: Annotated[
        str, typer.Option(help="Those of `halab faults` without parameters; cut means isolate.")
    ] = "kill,hang,isolate",
    splits: Annotated[
        bool, typer.Option("--splits", help="Measure network splits instead of failures.")
    ] = False,
    expect: Annotated[
        Path | None, typer.Option(help="CSV: size,majority,tolerance; wrong cells are flagged.")
    ] = None,
    dry_run: DryRunOption = False,
    trials: Annotated[int, typer.Option(min=1, help="Trials of each cell.")] = 1,
    seed: Annotated[int, typer.Option(help="Seed of who fails.")] = 0,
    runtime: RuntimeOption = "auto",
    runs_dir: RunsDirOption = Path("runs"),
    as_json: JsonOption = False,
    lang: LangOption = "en",
) -> None:
    """Measure how many failures etcd tolerates. Example: halab tolerance --sizes 3,5."""
    from chaos.errors import InputError
    from chaos.survey.cells import cells_of, parse_faults, parse_sizes
    from chaos.survey.expected import read_expected
    from chaos.survey.splits import splits_of

    wanted_sizes, wanted_faults = parse_sizes(sizes), parse_faults(faults)
    expected = read_expected(expect) if expect else []
    if splits:
        if expect:
            raise InputError("--expect is compared with the table of failures, not with --splits")
        wanted_sizes = [size for size in wanted_sizes if size > 1]
        if not wanted_sizes:
            raise InputError(f"--sizes {sizes}: one member cannot be split")
        wanted_faults = []
    if dry_run:
        for size in wanted_sizes if splits else ():
            typer.echo(f"{size} members: {len(splits_of(size))} splits")
        for fault in wanted_faults:
            for size in wanted_sizes:
                typer.echo(f"{fault}, {size} members: {len(cells_of(size, fault))} cells")
        return
    from chaos.provenance import RunOrder
    from chaos.survey.record import create_survey
    from lab.spec import LabSpec

    chosen = settle(runtime, [LabSpec(masters=0)])
    options = {"--sizes": sizes, "--trials": trials, "--faults": ",".join(wanted_faults)}
    options |= {"--runtime": chosen, "--expect": expect, "--seed": seed}
    command = command_of(["tolerance", *(["--splits"] if splits else [])], options)
    survey = create_survey(
        "splits" if splits else "tolerance",
        wanted_sizes,
        wanted_faults,
        expected,
        RunOrder(trials, seed, chosen, runs_dir, command),
        say,
    )
    conclude(survey.writer.directory, survey.run, lang, as_json=as_json)
