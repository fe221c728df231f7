"""What every command that writes or reads run directories does at its end: judge, report, exit."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from chaos.cli.exit_codes import ExitCode, code_of_verdicts
from chaos.cli.progress import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from reports.kinds.judged import ConsoleTable, Judged

RunsDirOption = Annotated[Path, typer.Option("--runs-dir", help="Where run directories are.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Validate; start nothing.")]
LangOption = Annotated[Literal["en", "zh"], typer.Option(help="Language of the page.")]


def execute(
    directory: Path, work: Callable[[], None], lang: str = "en", *, as_json: bool
) -> tuple[ExitCode, dict[str, Any]]:
    """Do what fills a run directory, then judge it, also when it was interrupted or failed."""
    say(f"run directory: {directory}")
    try:
        work()
    except BaseException:
        _judge_what_there_is(directory, lang, as_json=as_json)
        raise
    return judge(directory, lang, as_json=as_json)


def conclude(directory: Path, work: Callable[[], None], lang: str, *, as_json: bool) -> None:
    """Execute, and end the command with the exit code of the verdicts."""
    end(*execute(directory, work, lang, as_json=as_json), as_json=as_json)


def end(code: ExitCode, answer: dict[str, Any], *, as_json: bool) -> None:
    """End the command, after its one JSON object if that is wanted."""
    if as_json:
        typer.echo(json.dumps(answer))
    raise typer.Exit(code)


def judge(directory: Path, lang: str = "en", *, as_json: bool) -> tuple[ExitCode, dict[str, Any]]:
    """Write the report of a run, print it unless JSON is wanted; return its code and JSON."""
    from reports.kinds.registry import judge as judge_run

    return _tell(directory, judge_run(directory, lang), lang, as_json=as_json)


def _tell(
    directory: Path, judged: Judged, lang: str, *, as_json: bool
) -> tuple[ExitCode, dict[str, Any]]:
    from reports.kinds.report import document_of, write_report

    page = write_report(directory, judged, lang)
    for text in judged.missing:
        say(f"missing: {text}")
    if not as_json:
        _print(judged)
        typer.echo(f"report: {page}")
    code = code_of_verdicts(verdict.verdict for verdict in judged.verdicts)
    if code is ExitCode.HOLDS and (judged.record.status != "complete" or judged.missing):
        code = ExitCode.UNKNOWN  # what was not measured, or cannot be read, is not shown
    return code, document_of(directory, judged).model_dump(mode="json")


def _judge_what_there_is(directory: Path, lang: str, *, as_json: bool) -> None:
    """Report on a run that was interrupted or failed; that cannot hide how it ended."""
    from reports.kinds.registry import judge as judge_run

    try:
        judged = judge_run(directory, lang)
        if not judged.verdicts:
            return
        _, answer = _tell(directory, judged, lang, as_json=as_json)
    except Exception as error:  # noqa: BLE001 - nothing replaces how the run ended
        say(f"there is no report: {error}")
        return
    if as_json:
        typer.echo(json.dumps(answer))


def _print(judged: Judged) -> None:
    from rich.console import Console
    from rich.text import Text

    # a file or a pipe has no width: there a table takes what it needs
    console = Console(width=None if sys.stdout.isatty() else 120)
    if judged.console:
        _print_table(console, judged.console)
    for verdict in judged.verdicts:
        line = f"{verdict.verdict:9} {verdict.id}: {verdict.note}"
        console.print(Text(line), soft_wrap=True)  # Text, for what others wrote is no markup
    typer.echo("\n" + "\n".join(judged.texts))


def _print_table(console: Console, shown: ConsoleTable) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(title=shown.title, box=None, padding=(0, 1), title_justify="left")
    for place, column in enumerate(shown.columns):
        left = place < shown.left
        table.add_column(column, justify="left" if left else "right", no_wrap=place == shown.left)
    for row in shown.rows:
        table.add_row(*map(Text, row))
    console.print(table)
