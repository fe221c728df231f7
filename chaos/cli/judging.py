"""What every command that writes or reads run directories does at its end: judge, report, exit."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from chaos.cli.codes import ExitCode, code_of_verdicts
from chaos.cli.say import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.table import Table

    from reports.analysis import Analysis
    from reports.judged import Judged

RunsDirOption = Annotated[Path, typer.Option("--runs-dir", help="Where run directories are.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]
LangOption = Annotated[Literal["en", "zh"], typer.Option(help="Language of the page.")]
CONSOLE_COLUMNS = (
    *("fault", "probe", "conn.", "outage s", "good in fault", "degraded s", "new leader"),
    "after heal",
)


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
    code, answer = execute(directory, work, lang, as_json=as_json)
    if as_json:
        typer.echo(json.dumps(answer))
    raise typer.Exit(code)


def judge(directory: Path, lang: str = "en", *, as_json: bool) -> tuple[ExitCode, dict[str, Any]]:
    """Write the report of a run, print it unless JSON is wanted; return its code and JSON."""
    from reports.judging import judge as judge_run

    return _tell(directory, judge_run(directory, lang), lang, as_json=as_json)


def _tell(
    directory: Path, judged: Judged, lang: str, *, as_json: bool
) -> tuple[ExitCode, dict[str, Any]]:
    page = judged.write(lang)
    for one in judged.missing:
        say(f"missing: {one}")
    if not as_json:
        _print(judged)
        typer.echo(f"report: {page}")
    code = code_of_verdicts(verdict.verdict for verdict in judged.verdicts)
    if code is ExitCode.HOLDS and (judged.status != "complete" or judged.missing):
        code = ExitCode.UNKNOWN  # what was not measured, or cannot be read, is not shown
    answer = judged.document(directory).model_dump(mode="json")
    return code, answer


def _judge_what_there_is(directory: Path, lang: str, *, as_json: bool) -> None:
    """Report on a run that was interrupted or failed; that cannot hide how it ended."""
    from reports.errors import ReportError
    from reports.judging import judge as judge_run

    try:
        judged = judge_run(directory, lang)
        if not judged.verdicts:
            return
        _, answer = _tell(directory, judged, lang, as_json=as_json)
    except (ReportError, OSError) as error:
        say(f"there is no report: {error}")
        return
    if as_json:
        typer.echo(json.dumps(answer))


def _print(judged: Judged) -> None:
    from rich.console import Console
    from rich.text import Text

    # a file or a pipe has no width: there a table takes what it needs
    console = Console(width=None if sys.stdout.isatty() else 120)
    texts = judged.texts
    if judged.suite is not None:
        from reports.render.tables import headline

        console.print(_recovery(judged.suite))
        texts = [headline(judged.suite)]
    for verdict in judged.verdicts:
        line = f"{verdict.verdict:9} {verdict.id}: {verdict.note}"
        console.print(Text(line), soft_wrap=True)  # Text, for what others wrote is no markup
    typer.echo("\n" + "\n".join(texts))


def _recovery(analysis: Analysis) -> Table:
    from rich.table import Table
    from rich.text import Text

    from reports.render.tables import RECOVERY_COLUMNS, recovery_texts

    table = Table(title="recovery, in seconds", box=None, padding=(0, 1), title_justify="left")
    for column in CONSOLE_COLUMNS:
        left = column in CONSOLE_COLUMNS[:3]
        table.add_column(column, justify="left" if left else "right", no_wrap=column == "outage s")
    last = ""
    # the other columns, and the health checks, are in the report
    for texts in (one for one in recovery_texts(analysis) if one[1] in ("read", "write")):
        row = dict(zip(RECOVERY_COLUMNS, texts, strict=True))
        row["fault"], last = (row["fault"] if row["fault"] != last else ""), row["fault"]
        table.add_row(*(Text(row[column]) for column in CONSOLE_COLUMNS))
    return table
