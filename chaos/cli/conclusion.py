"""What every command that writes or reads run directories does at its end: judge, report, exit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chaos.cli.exit_codes import ExitCode, code_of_verdicts
from chaos.cli.progress import print_result, report_progress
from lab.afterwards import if_it_fails

if TYPE_CHECKING:
    from collections.abc import Callable

    from reports.kinds.judged import Judged
    from reports.verdict import Verdict

RunsDirOption = Annotated[Path, typer.Option("--runs-dir", help="Where run directories are.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Validate; start nothing.")]


def refuse_json_of_dry_run(*, as_json: bool, dry_run: bool) -> None:
    """Refuse to write as JSON what is text alone. Raises InputError."""
    from chaos.errors import InputError

    if as_json and dry_run:
        raise InputError("--json would change nothing: what --dry-run prints is text")


def execute(
    directory: Path, work: Callable[[], None], lang: str, *, as_json: bool
) -> tuple[ExitCode, dict[str, Any]]:
    """Do what fills a run directory, then judge it, also when it was interrupted or failed."""
    report_progress(f"run directory: {directory}")
    with if_it_fails(lambda: _judge_unfinished(directory, lang, as_json=as_json)):
        work()
    return judge(directory, lang, as_json=as_json)


def conclude(directory: Path, work: Callable[[], None], lang: str, *, as_json: bool) -> None:
    """Execute, and end the command with the exit code of the verdicts."""
    end(*execute(directory, work, lang, as_json=as_json), as_json=as_json)


def end(code: ExitCode, answer: dict[str, Any], *, as_json: bool) -> None:
    """End the command, after its one JSON object if that is wanted."""
    if as_json:
        print_result(json.dumps(answer))
    raise typer.Exit(code)


def judge(directory: Path, lang: str, *, as_json: bool) -> tuple[ExitCode, dict[str, Any]]:
    """Write the report of a run, print it unless JSON is wanted; return its code and JSON."""
    from reports.kinds.registry import judge as judge_run

    return _report(directory, judge_run(directory), lang, as_json=as_json)


def _report(
    directory: Path, judged: Judged, lang: str, *, as_json: bool
) -> tuple[ExitCode, dict[str, Any]]:
    from reports.kinds.report import document_of, write_report
    from reports.locale.catalogue import text_of, words_of

    page = write_report(directory, judged, lang)
    for message in judged.missing:
        report_progress(words_of(lang)["console-missing"].format(text=text_of(message, lang)))
    if not as_json:
        _print(judged, lang)
        print_result(words_of(lang)["console-report"].format(page=page))
    code = code_of_verdicts(verdict.verdict for verdict in judged.verdicts)
    if code is ExitCode.HOLDS and (judged.record.status != "complete" or judged.missing):
        code = ExitCode.UNKNOWN  # what was not measured, or cannot be read, is not shown
    return code, document_of(directory, judged).model_dump(mode="json")


def _judge_unfinished(directory: Path, lang: str, *, as_json: bool) -> None:
    """Report on a run that was interrupted or failed; that cannot hide how it ended."""
    from reports.kinds.registry import judge as judge_run

    try:
        judged = judge_run(directory)
        if not judged.verdicts:
            return
        _, answer = _report(directory, judged, lang, as_json=as_json)
    except Exception as error:  # noqa: BLE001 - nothing replaces how the run ended
        report_progress(f"there is no report: {error}")
        return
    if as_json:
        print_result(json.dumps(answer))


def _print(judged: Judged, lang: str) -> None:
    from chaos.cli.tables import print_console_table, wide_console

    console = wide_console()
    if judged.console:
        print_console_table(console, judged.console(lang))
    for verdict in judged.verdicts:
        # Text, for what other programs wrote is no markup
        print_result(verdict_line(verdict, lang))
    print_result("\n" + "\n".join(judged.texts(lang)))


def verdict_line(verdict: Verdict, lang: str) -> str:
    """Return a verdict with the figure that decided it, and the remark where it does not hold."""
    from reports.locale.catalogue import text_of, words_of

    line = f"{words_of(lang)[verdict.verdict]:9} {verdict.id}: {text_of(verdict.note, lang)}"
    remark = verdict.remark.in_language(lang) if verdict.remark else ""
    return line if verdict.verdict == "holds" or not remark else f"{line} ({remark})"
