"""Commands that read run directories."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chaos.cli.completion import complete_run
from chaos.cli.conclusion import JsonOption, RunsDirOption, end, judge
from chaos.cli.language import LangOption, language_of, refuse_language_of_json
from chaos.cli.panels import RESULTS
from chaos.cli.progress import print_result, report_progress

if TYPE_CHECKING:
    from reports.run_list import RunLine

RunArgument = Annotated[Path, typer.Argument(help="A run directory.", autocompletion=complete_run)]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (analyze, report):
        app.command(rich_help_panel=RESULTS)(command)
    app.command("list", rich_help_panel=RESULTS)(list_)


def analyze(directory: RunArgument, as_json: JsonOption = False, lang: LangOption = "") -> None:
    """Judge a run again and write its report. Example: halab analyze runs/X."""
    end(*judge(directory, language_of(lang), as_json=as_json), as_json=as_json)


def report(directory: RunArgument, lang: LangOption = "") -> None:
    """Write the report of a run and print its path. Example: halab report runs/X --lang zh."""
    from reports.kinds.registry import judge as judge_run
    from reports.kinds.report import write_report

    print_result(str(write_report(directory, judge_run(directory), language_of(lang))))


def list_(
    runs_dir: RunsDirOption = Path("runs"),
    page: Annotated[
        bool, typer.Option("--page", help="Write index.html there, with links to the reports.")
    ] = False,
    as_json: JsonOption = False,
    lang: LangOption = "",
) -> None:
    """List the runs in a directory, and their verdicts. Example: halab list --page."""
    from reports.run_list import runs_in, write_index

    language = language_of(lang)
    refuse_language_of_json(lang, as_json=as_json and not page)
    runs = runs_in(runs_dir)
    for run in runs.runs:
        if run.reason:
            report_progress(run.reason)
    if page:
        report_progress(f"page: {write_index(runs_dir, language)}")
    if as_json:
        print_result(runs.model_dump_json())
        return
    for run in runs.runs:
        if not run.reason:
            print_result(_line_of(run, language))


def _line_of(run: RunLine, lang: str) -> str:
    from reports.locale.catalogue import words_of

    words = words_of(lang)
    counts = [f"{count} {words[verdict]}" for verdict, count in sorted(run.verdicts.items())]
    judged = ", ".join(counts) or words["console-no-verdicts"]
    parts = (
        run.directory,
        run.kind,
        words[run.status],
        words["console-trials"].format(count=run.trials) if run.trials is not None else "",
        words["console-seed"].format(seed=run.seed),
        judged if run.judged else words["console-not-judged"],
    )
    return "  ".join(part for part in parts if part)
