"""Commands that write run directories, and commands that read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from chaos.cli.codes import ExitCode, code_of_verdicts, worst
from chaos.cli.say import say

RunsDirOption = Annotated[Path, typer.Option("--runs-dir", help="Where run directories are.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (run, analyze, report):
        app.command()(command)
    app.command("list")(list_)


def run(
    suites: Annotated[list[str], typer.Argument(help="Suites: YAML files, or shipped names.")],
    trials: Annotated[int, typer.Option(min=1, help="Trials of each experiment.")] = 1,
    only: Annotated[list[str] | None, typer.Option(help="Only this experiment; repeat.")] = None,
    rate: Annotated[
        list[str] | None, typer.Option(help="PROBE[:CONNECTION]=HZ, for example read:new=50.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of every random choice.")] = 0,
    runs_dir: RunsDirOption = Path("runs"),
    as_json: JsonOption = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Validate; start nothing.")] = False,
) -> None:
    """Run suites on labs of their own. Example: halab run experiments/ha-report.yaml."""
    from chaos.experiment.loader import find_suite, load_suite, select
    from chaos.probes.series import DEFAULT_SERIES, with_rates

    loaded = [select(load_suite(find_suite(name)), only or []) for name in suites]
    series = with_rates(DEFAULT_SERIES, rate or [])
    if dry_run:
        for suite in loaded:
            for one in suite.experiments:
                say(f"{one.id}: {one.timeline()}")
        return
    from chaos.campaign import SuiteRun, open_run

    codes = []
    for suite in loaded:
        writer = open_run(suite, runs_dir, seed)
        say(f"run directory: {writer.directory}")
        try:
            SuiteRun(suite, writer, series, say).run(trials)
        finally:
            # an interrupted or failed run has measured something too
            if writer.record.trials:
                codes.append(_judge(writer.directory, as_json=as_json))
    raise typer.Exit(worst(codes))


def analyze(
    directory: Annotated[Path, typer.Argument(help="A run directory.")],
    as_json: JsonOption = False,
) -> None:
    """Judge a run again and write its report. Example: halab analyze runs/X."""
    raise typer.Exit(_judge(directory, as_json=as_json))


def report(directory: Annotated[Path, typer.Argument(help="A run directory.")]) -> None:
    """Write the report of a run and say where it is. Example: halab report runs/X."""
    from reports.render import write_report

    typer.echo(write_report(directory))


def list_(runs_dir: RunsDirOption = Path("runs")) -> None:
    """List the runs in a directory. Example: halab list."""
    from reports.errors import ReportError
    from reports.history.reader import read_run

    for directory in sorted(runs_dir.glob("*/")):
        try:
            record = read_run(directory)
        except ReportError as error:
            say(str(error))
            continue
        typer.echo(f"{directory}  {record.status}  trials: {len(record.trials)}")


def _judge(directory: Path, *, as_json: bool) -> ExitCode:
    from reports.analysis import judge_run
    from reports.render import write_report

    recovery, by_trial = judge_run(directory)
    verdicts = [verdict for found in by_trial for verdict in found]
    page = write_report(directory)
    if as_json:
        listed = [{"id": v.id, "verdict": v.verdict, "note": v.note} for v in verdicts]
        typer.echo(json.dumps({"run": str(directory), "verdicts": listed}))
    else:
        typer.echo(recovery.to_string(index=False, float_format="{:.2f}".format))
        for verdict in verdicts:
            typer.echo(f"{verdict.verdict:9} {verdict.id}: {verdict.note}")
        typer.echo(f"report: {page}")
    return code_of_verdicts(verdict.verdict for verdict in verdicts)
