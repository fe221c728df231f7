"""A document's claims, checked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chaos.cli.balancer_file import checked_files, lines_of
from chaos.cli.completion import complete_claims
from chaos.cli.conclusion import (
    DryRunOption,
    JsonOption,
    RunsDirOption,
    conclude,
    refuse_json_of_dry_run,
)
from chaos.cli.lab_options import LabOptions, with_lab_options
from chaos.cli.language import LangOption, language_of
from chaos.cli.panels import EXPERIMENTS
from chaos.cli.progress import print_result, report_progress
from chaos.cli.repeat_command import command_of
from chaos.cli.runtime_option import RuntimeOption, laid_over, settle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos.experiment.schema import Suite


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(rich_help_panel=EXPERIMENTS)(claims)


@with_lab_options
def claims(
    document: Annotated[
        str,
        typer.Argument(
            help="A YAML file of claims, or a shipped name.", autocompletion=complete_claims
        ),
    ] = "kuboard-spray",
    only: Annotated[str, typer.Option(help="Only these claims, for example E3,A2.")] = "",
    dry_run: DryRunOption = False,
    trials: Annotated[int, typer.Option(min=1, help="Trials of each experiment.")] = 1,
    seed: Annotated[int, typer.Option(help="Seed of every random choice.")] = 0,
    runtime: RuntimeOption = "auto",
    runs_dir: RunsDirOption = Path("runs"),
    as_json: JsonOption = False,
    lang: LangOption = "",
    *,
    options: LabOptions,
) -> None:
    """Check a document's claims by experiment.

    Example: halab claims --only E3,A2

    Options of labs are laid over the labs of all suites that the claims need. The tables of
    tolerance and splits that they need have labs of their own, which stay as they are.
    """
    from chaos.claims.loader import find_document, load_document, select_claims
    from chaos.claims.overlay import lay_over

    refuse_json_of_dry_run(as_json=as_json, dry_run=dry_run)
    language, path = language_of(lang), find_document(document)
    wanted = [part.strip() for part in only.split(",") if part.strip()]
    chosen = select_claims(load_document(path), wanted)
    if settings := laid_over(options, runtime):
        chosen, suites = lay_over(chosen, path.parent, settings)
        _check_effect(options, suites)
        labs = [lab for suite in suites for lab in suite.labs]
        unchecked = checked_files(labs, options.own_file, options.lb_config, runtime)
        for line in lines_of(unchecked, language):
            report_progress(line)
    if dry_run:
        for claim in chosen.claims:
            figures = ", ".join(check.figure for check in claim.expect)
            print_result(f"{claim.id}: {claim.statement.in_language(language)} [{figures}]")
        return
    from chaos.claims.runner import ClaimsRun
    from chaos.provenance import RunOrder
    from lab.spec import LabSpec

    # every program that a lab may have; a claim that a runtime cannot decide becomes unknown
    chosen_runtime = settle(
        runtime, [LabSpec(lb=lb) for lb in ("nginx", "vip")], runs_dir, all_fit=False
    )
    repeated = {"--only": only, "--trials": trials, "--seed": seed, "--runtime": chosen_runtime}
    command = command_of(["claims", document], {**repeated, **options.as_options})
    order = RunOrder(trials, seed, chosen_runtime, runs_dir, command, options.as_given)
    run = ClaimsRun(chosen, path.parent, order, report_progress)
    conclude(run.writer.directory, run.run, language, as_json=as_json)


def _check_effect(options: LabOptions, suites: Sequence[Suite]) -> None:
    """Refuse options of labs that would change nothing. Raises InputError."""
    from chaos.errors import InputError

    if not suites and options.as_given:
        names = ", ".join(options.as_options)
        raise InputError(f"{names} would change nothing: these claims need no suite")
    for suite in suites:
        options.check_effect(suite.labs, suite.name)
