"""Commands that write run directories, and commands that read them."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chaos.cli.codes import ExitCode, code_of_verdicts, worst
from chaos.cli.labs import BalancerMode, LbConfigOption, read_config
from chaos.cli.say import say

if TYPE_CHECKING:
    from chaos.experiment.schema import Suite
    from reports.analysis import Analysis

CONSOLE_COLUMNS = (
    *("fault", "probe", "conn.", "outage s", "good in fault", "degraded s", "new leader"),
    "after heal",
)
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
    lb: Annotated[
        BalancerMode | None, typer.Option("--lb", help="Balancer mode, instead of the suite's.")
    ] = None,
    lb_config: LbConfigOption = None,
    runs_dir: RunsDirOption = Path("runs"),
    as_json: JsonOption = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Validate; start nothing.")] = False,
) -> None:
    """Run suites on labs of their own. Example: halab run experiments/ha-report.yaml."""
    from chaos.experiment.loader import find_suite, select
    from chaos.probes.series import DEFAULT_SERIES, with_rates

    balancer = _balancer(lb, lb_config)
    loaded = [select(_load(find_suite(name), balancer, lb_config), only or []) for name in suites]
    series = with_rates(DEFAULT_SERIES, rate or [])
    if dry_run:
        for suite in loaded:
            own = " with a file of your own" if suite.lab.lb_config else ""
            typer.echo(f"{suite.name}: balancer {suite.lab.lb}{own}")
            for one in suite.experiments:
                typer.echo(f"{one.id}: {one.timeline()}")
        return
    from chaos.campaign import SuiteRun, open_run
    from lab.components import plan_lab
    from lab.runtime.netns import check_tools

    for suite in loaded:
        check_tools(plan_lab(suite.lab).system_programs)
    judged = []
    for suite, name in zip(loaded, suites, strict=True):
        command = _repeat(name, trials, only, rate, seed, lb, lb_config)
        writer = open_run(suite, series, runs_dir, seed, command)
        say(f"run directory: {writer.directory}")
        try:
            SuiteRun(suite, writer, series, say).run(trials)
        except BaseException:
            if writer.record.trials:
                _judge_what_there_is(writer.directory, as_json=as_json)
            raise
        judged.append(_judge(writer.directory, as_json=as_json))
    if as_json:
        answers = [answer for _, answer in judged]
        typer.echo(json.dumps(answers[0] if len(answers) == 1 else _joined(answers)))
    raise typer.Exit(worst(code for code, _ in judged))


def analyze(
    directory: Annotated[Path, typer.Argument(help="A run directory.")],
    as_json: JsonOption = False,
) -> None:
    """Judge a run again and write its report. Example: halab analyze runs/X."""
    code, answer = _judge(directory, as_json=as_json)
    if as_json:
        typer.echo(json.dumps(answer))
    raise typer.Exit(code)


def report(directory: Annotated[Path, typer.Argument(help="A run directory.")]) -> None:
    """Write the report of a run and say where it is. Example: halab report runs/X."""
    from reports.render import write_report

    typer.echo(write_report(directory, _analysis(directory)))


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


def _balancer(lb: str | None, lb_config: Path | None) -> dict[str, str]:
    """Return what the options say of a suite's lab."""
    given = {"lb": lb, "lb_config": read_config(lb_config)}
    return {key: value for key, value in given.items() if value}


def _load(path: Path, balancer: dict[str, str], lb_config: Path | None) -> Suite:
    from chaos.errors import InputError
    from chaos.experiment.loader import load_suite

    try:
        return load_suite(path, balancer)
    except InputError as error:
        if lb_config is None:
            raise
        raise InputError(f"with {lb_config}: {error}") from error


def _repeat(
    name: str,
    trials: int,
    only: list[str] | None,
    rate: list[str] | None,
    seed: int,
    lb: str | None,
    lb_config: Path | None,
) -> str:
    """Return the command that does the same again."""
    words = ["halab", "run", name, "--trials", str(trials), "--seed", str(seed)]
    words += ["--lb", lb] if lb else []
    words += ["--lb-config", str(lb_config)] if lb_config else []
    for option, values in (("--only", only), ("--rate", rate)):
        for value in values or []:
            words += [option, value]
    return shlex.join(words)


def _analysis(directory: Path) -> Analysis:
    from reports.analysis import analyse
    from reports.history.reader import read_run, read_trials

    record = read_run(directory)
    return analyse(record, read_trials(directory, record))


def _judge(directory: Path, *, as_json: bool) -> tuple[ExitCode, dict[str, Any]]:
    """Write the report of a run, print its tables unless JSON is wanted, and return both."""
    from reports.render import write_report
    from reports.render.tables import headline

    analysis = _analysis(directory)
    page = write_report(directory, analysis)
    if not as_json:
        _print_tables(analysis)
        typer.echo(f"\n{headline(analysis)}\nreport: {page}")
    verdicts = [
        {"id": v.id, "experiment": v.experiment, "verdict": v.verdict, "note": v.note}
        for v in analysis.verdicts
    ]
    figures = json.loads(analysis.tables["recovery"].to_json(orient="records"))
    answer = {"run": str(directory), "verdicts": verdicts, "figures": figures}
    return code_of_verdicts(verdict.verdict for verdict in analysis.verdicts), answer


def _judge_what_there_is(directory: Path, *, as_json: bool) -> None:
    """Report on a run that was interrupted or failed; that cannot hide how it ended."""
    from reports.errors import ReportError

    try:
        _, answer = _judge(directory, as_json=as_json)
    except (ReportError, OSError) as error:
        say(f"there is no report: {error}")
        return
    if as_json:
        typer.echo(json.dumps(answer))


def _joined(answers: list[dict[str, Any]]) -> dict[str, Any]:
    verdicts = [verdict for answer in answers for verdict in answer["verdicts"]]
    return {"runs": answers, "verdicts": verdicts}


def _print_tables(analysis: Analysis) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from reports.render.tables import RECOVERY_COLUMNS, recovery_texts

    # a file or a pipe has no width: there the table takes what it needs
    console = Console(width=None if sys.stdout.isatty() else 120)
    table = Table(title="recovery, in seconds", box=None, padding=(0, 1), title_justify="left")
    for column in CONSOLE_COLUMNS:
        left = column in CONSOLE_COLUMNS[:3]
        table.add_column(column, justify="left" if left else "right", no_wrap=column == "outage s")
    last = ""
    # the other columns, and the health checks, are in the report
    for texts in (one for one in recovery_texts(analysis) if one[1] in ("read", "write")):
        row = dict(zip(RECOVERY_COLUMNS, texts, strict=True))
        row["fault"], last = (row["fault"] if row["fault"] != last else ""), row["fault"]
        # Text, for what others wrote is no markup
        table.add_row(*(Text(row[column]) for column in CONSOLE_COLUMNS))
    console.print(table)
    for verdict in analysis.verdicts:
        console.print(Text(f"{verdict.verdict:9} {verdict.id}: {verdict.note}"), soft_wrap=True)
