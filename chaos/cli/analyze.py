"""Commands that read run directories."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chaos.cli.conclusion import JsonOption, LangOption, RunsDirOption, end, judge
from chaos.cli.progress import say


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (analyze, report):
        app.command()(command)
    app.command("list")(list_)


def analyze(
    directory: Annotated[Path, typer.Argument(help="A run directory.")],
    as_json: JsonOption = False,
    lang: LangOption = "en",
) -> None:
    """Judge a run again and write its report. Example: halab analyze runs/X."""
    end(*judge(directory, lang, as_json=as_json), as_json=as_json)


def report(
    directory: Annotated[Path, typer.Argument(help="A run directory.")], lang: LangOption = "en"
) -> None:
    """Write the report of a run and say where it is. Example: halab report runs/X --lang zh."""
    from reports.kinds.registry import judge as judge_run
    from reports.kinds.report import write_report

    typer.echo(write_report(directory, judge_run(directory, lang), lang))


def list_(
    runs_dir: RunsDirOption = Path("runs"),
    page: Annotated[
        bool, typer.Option("--page", help="Write index.html there, with links to the reports.")
    ] = False,
    as_json: JsonOption = False,
    lang: LangOption = "en",
) -> None:
    """List the runs in a directory, and what their reports say. Example: halab list --page."""
    from reports.run_list import runs_in, write_index

    found = runs_in(runs_dir)
    for run in (run for run in found.runs if run.reason):
        say(run.reason)
    if page:
        say(f"page: {write_index(runs_dir, lang)}")
    if as_json:
        typer.echo(found.model_dump_json())
        return
    for run in (run for run in found.runs if not run.reason):
        counts = ", ".join(f"{count} {kind}" for kind, count in sorted(run.verdicts.items()))
        judged = (counts or "no verdicts") if run.judged else "not judged"
        trials = f"trials: {run.trials}" if run.trials is not None else ""
        words = (run.directory, run.kind, run.status, trials, f"seed: {run.seed}", judged)
        typer.echo("  ".join(word for word in words if word))
