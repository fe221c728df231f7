"""Two runs, or two sets of them, side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chaos.cli.completion import complete_run
from chaos.cli.conclusion import JsonOption, verdict_line
from chaos.cli.exit_codes import ExitCode, code_of_verdicts
from chaos.cli.language import LangOption, language_of, refuse_language_of_json
from chaos.cli.panels import RESULTS
from chaos.cli.progress import report_progress

if TYPE_CHECKING:
    from reports.compare.comparison import Comparison

FAIL_ON_HELP = (
    "Ends in 1 when this is shown, in 5 when it is unknown. METRIC > 1.2x (B over A), "
    "METRIC > +0.5s (B less A), METRIC > 2s (B alone), or with <; repeat. A METRIC is "
    "[EXPERIMENT[/INJECTION]/]PROBE[.CONNECTION].FIGURE.STATISTIC; FIGURE: outage, gap, degraded, "
    "recovery, leader (seconds), good, availability (shares); STATISTIC one of median, max, min."
)


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(rich_help_panel=RESULTS)(compare)


def compare(
    a: Annotated[
        Path,
        typer.Argument(
            help="A run directory, or a directory of them.", autocompletion=complete_run
        ),
    ],
    b: Annotated[
        Path,
        typer.Argument(help="The runs that are compared with it.", autocompletion=complete_run),
    ],
    fail_on: Annotated[list[str] | None, typer.Option(help=FAIL_ON_HELP)] = None,
    as_json: JsonOption = False,
    lang: LangOption = "",
) -> None:
    """Compare runs of suites. Example: halab compare old/ new/ --fail-on "write.outage.median > 1.2x".

    The interval of a change holds the brackets of all outages and what chance does to a median
    (95 %, percentile bootstrap over trials with a fixed seed); it needs 6 trials on each side.
    """  # noqa: E501 - one line of help
    from reports.compare.comparison import compare as compare_sides
    from reports.compare.console import left_out_texts
    from reports.compare.document import document_of
    from reports.compare.limits import parse_limit
    from reports.compare.sides import read_side

    refuse_language_of_json(lang, as_json=as_json)
    language = language_of(lang)
    limits = [parse_limit(text) for text in fail_on or []]
    comparison = compare_sides(read_side(a), read_side(b), limits)
    for text in left_out_texts(comparison, language):
        report_progress(text)
    if as_json:
        typer.echo(document_of(comparison).model_dump_json())
    else:
        _print(comparison, language)
    verdicts = [verdict.verdict for verdict in comparison.verdicts]
    raise typer.Exit(code_of_verdicts(verdicts) if limits else ExitCode.HOLDS)


def _print(comparison: Comparison, lang: str) -> None:
    from rich.text import Text

    from chaos.cli.tables import print_console_table, wide_console
    from reports.compare.console import change_table, heading_texts, verdict_texts

    console = wide_console()
    for text in heading_texts(comparison, lang):
        console.print(Text(text))
    print_console_table(console, change_table(comparison, lang))
    for text in verdict_texts(comparison, lang):
        console.print(Text(text))
    for verdict in comparison.verdicts:
        console.print(Text(verdict_line(verdict, lang)), soft_wrap=True)
