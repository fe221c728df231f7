"""The tolerance table, measured."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chaos.cli.conclusion import (
    DryRunOption,
    JsonOption,
    RunsDirOption,
    conclude,
    refuse_json_of_dry_run,
)
from chaos.cli.lab_options import LabOptions
from chaos.cli.language import LangOption, language_of
from chaos.cli.panels import EXPERIMENTS
from chaos.cli.progress import print_result, report_progress
from chaos.cli.repeat_command import command_of
from chaos.cli.runtime_option import RuntimeOption, settle

FAULTS = "kill,hang,isolate"


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(rich_help_panel=EXPERIMENTS)(tolerance)


def tolerance(
    sizes: Annotated[str, typer.Option(help="Sizes, for example 1-9 or 3,5.")] = "1-9",
    faults: Annotated[
        str | None,
        typer.Option(
            help="Those of `halab faults` without parameters; cut means isolate.",
            show_default=FAULTS,
        ),
    ] = None,
    splits: Annotated[
        bool, typer.Option("--splits", help="Measure network splits instead of failures.")
    ] = False,
    expect: Annotated[
        Path | None, typer.Option(help="CSV: size,majority,tolerance; wrong cells are flagged.")
    ] = None,
    dry_run: DryRunOption = False,
    trials: Annotated[int, typer.Option(min=1, help="Trials of each cell.")] = 1,
    seed: Annotated[int, typer.Option(help="Seed of the choice of members.")] = 0,
    profile: Annotated[
        str | None,
        typer.Option(
            help="Timeouts: upstream, kubespray, or brisk, with which a table takes minutes.",
            show_default="brisk",
        ),
    ] = None,
    runtime: RuntimeOption = "auto",
    runs_dir: RunsDirOption = Path("runs"),
    as_json: JsonOption = False,
    lang: LangOption = "",
) -> None:
    """Measure how many failures etcd tolerates.

    Example: halab tolerance --sizes 3,5

    Its clusters are etcd alone, of all sizes: of the options of labs it takes the profile.
    """
    from chaos.errors import InputError
    from chaos.survey.cells import cells_of, parse_faults, parse_sizes
    from chaos.survey.expected import read_expected
    from chaos.survey.run import PROFILE
    from chaos.survey.splits import splits_of

    refuse_json_of_dry_run(as_json=as_json, dry_run=dry_run)
    language, options = language_of(lang), LabOptions(profile=profile)
    wanted_sizes, wanted_faults = parse_sizes(sizes), parse_faults(faults or FAULTS)
    expected = read_expected(expect) if expect else []
    if splits:
        if expect:
            raise InputError("--expect is compared with the table of failures, not with --splits")
        if faults:
            raise InputError("--faults would change nothing: --splits measures cuts alone")
        wanted_sizes = [size for size in wanted_sizes if size > 1]
        if not wanted_sizes:
            raise InputError(f"--sizes {sizes}: one member cannot be split")
        wanted_faults = []
    lab = options.spec(masters=0, workers=1, profile=PROFILE)
    if dry_run:
        for size in wanted_sizes if splits else ():
            print_result(f"{size} members: {len(splits_of(size))} splits")
        for fault in wanted_faults:
            for size in wanted_sizes:
                print_result(f"{fault}, {size} members: {len(cells_of(size, fault))} cells")
        return
    from chaos.provenance import RunOrder
    from chaos.survey.record import create_survey

    largest = lab.model_copy(update={"etcd": max(wanted_sizes)})
    chosen = settle(runtime, [largest], runs_dir)
    repeated = {"--sizes": sizes, "--trials": trials, "--faults": ",".join(wanted_faults)}
    repeated |= {"--runtime": chosen, "--expect": expect, "--seed": seed, **options.as_options}
    command = command_of(["tolerance", *(["--splits"] if splits else [])], repeated)
    survey = create_survey(
        "splits" if splits else "tolerance",
        wanted_sizes,
        wanted_faults,
        expected,
        RunOrder(trials, seed, chosen, runs_dir, command, options.as_given),
        report_progress,
        lab.profile,
    )
    conclude(survey.writer.directory, survey.run, language, as_json=as_json)
