"""A document's claims, checked."""

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
    app.command()(claims)


def claims(
    document: Annotated[
        str, typer.Argument(help="A YAML file of claims, or a shipped name.")
    ] = "kuboard-spray",
    only: Annotated[str, typer.Option(help="Only these claims, for example E3,A2.")] = "",
    dry_run: DryRunOption = False,
    trials: Annotated[int, typer.Option(min=1, help="Trials of each experiment.")] = 1,
    seed: Annotated[int, typer.Option(help="Seed of every random choice.")] = 0,
    runtime: RuntimeOption = "auto",
    runs_dir: RunsDirOption = Path("runs"),
    as_json: JsonOption = False,
    lang: LangOption = "en",
) -> None:
    """Check a document's claims by experiment. Example: halab claims --only E3,A2."""
    from chaos.claims.loader import find_document, load_document, select_claims

    path = find_document(document)
    wanted = [part.strip() for part in only.split(",") if part.strip()]
    chosen = select_claims(load_document(path), wanted)
    if dry_run:
        for claim in chosen.claims:
            figures = ", ".join(check.figure for check in claim.expect)
            typer.echo(f"{claim.id}: {claim.statement.en} [{figures}]")
        return
    from chaos.claims.runner import ClaimsRun
    from chaos.provenance import RunOrder
    from lab.spec import LabSpec

    # every program that a lab may have; what a runtime cannot do leaves claims unknown, and says so
    chosen_runtime = settle(runtime, [LabSpec(lb=lb) for lb in ("nginx", "vip")])
    command = command_of(
        ["claims", document],
        {"--only": only, "--trials": trials, "--seed": seed, "--runtime": chosen_runtime},
    )
    order = RunOrder(trials, seed, chosen_runtime, runs_dir, command)
    run = ClaimsRun(chosen, path.parent, order, say)
    conclude(run.writer.directory, run.run, lang, as_json=as_json)
