"""The tolerance table, measured."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from chaos.cli.judging import JsonOption, LangOption, RunsDirOption, conclude
from chaos.cli.say import say


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(tolerance)


def tolerance(
    sizes: Annotated[str, typer.Option(help="Sizes, for example 1-9 or 3,5.")] = "1-9",
    faults: Annotated[str, typer.Option(help="Of kill,hang,power-off,cut.")] = "kill,hang,cut",
    expect: Annotated[
        Path | None, typer.Option(help="CSV: size,majority,tolerance; wrong cells are flagged.")
    ] = None,
    trials: Annotated[int, typer.Option(min=1, help="Trials of each cell.")] = 1,
    seed: Annotated[int, typer.Option(help="Seed of who fails.")] = 0,
    runs_dir: RunsDirOption = Path("runs"),
    as_json: JsonOption = False,
    lang: LangOption = "en",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Validate; start nothing.")] = False,
) -> None:
    """Measure how many failures etcd tolerates. Example: halab tolerance --sizes 3,5."""
    from chaos.tolerance.cells import cells_of, parse_faults, parse_sizes
    from chaos.tolerance.expected import read_expected

    wanted_sizes, wanted_faults = parse_sizes(sizes), parse_faults(faults)
    expected = read_expected(expect) if expect else []
    if dry_run:
        for fault in wanted_faults:
            for size in wanted_sizes:
                typer.echo(f"{fault}, {size} members: {len(cells_of(size, fault))} cells")
        return
    from chaos.tolerance.survey import Survey
    from lab.runtime.netns import check_tools

    check_tools(())
    words = ["halab", "tolerance", "--sizes", sizes, "--faults", faults, "--trials", str(trials)]
    words += ["--expect", str(expect)] if expect else []
    survey = Survey(
        wanted_sizes,
        wanted_faults,
        expected,
        trials=trials,
        seed=seed,
        runs_dir=runs_dir,
        command=shlex.join([*words, "--seed", str(seed)]),
        say=say,
    )
    conclude(survey.writer.directory, survey.run, lang, as_json=as_json)
