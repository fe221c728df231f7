"""Two runs, or two sets of them, side by side; how many trials that takes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chaos.cli.completion import complete_run
from chaos.cli.conclusion import JsonOption, verdict_line
from chaos.cli.exit_codes import ExitCode, code_of_verdicts
from chaos.cli.language import LangOption, language_of, refuse_language_of_json
from chaos.cli.panels import RESULTS
from chaos.cli.progress import print_result, report_progress

if TYPE_CHECKING:
    from reports.compare.comparison import Comparison
    from reports.compare.plan import LimitPlan
    from reports.compare.sides import Side

FAIL_ON_HELP = (
    "Ends in 1 when this is shown, in 5 when it is unknown. METRIC > 1.2x (B over A), "
    "METRIC > +0.5s (B less A), METRIC > 2s (B alone), or with <; repeat. What is tested is the "
    "shift of all trials. A METRIC is [EXPERIMENT[/INJECTION]/]PROBE[.CONNECTION].FIGURE; FIGURE: "
    "outage, gap, degraded, recovery, leader (seconds), good, availability (shares)."
)
PLAN_HELP = (
    "Compare nothing: show how many trials a side this limit needs, from the trials of A; repeat."
)
DETECT_HELP = "With --plan: the true change that is to be found, as 1.5x, +1s or -0.02."


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
        Path | None,
        typer.Argument(help="The runs that are compared with it.", autocompletion=complete_run),
    ] = None,
    fail_on: Annotated[list[str] | None, typer.Option(help=FAIL_ON_HELP)] = None,
    plan: Annotated[list[str] | None, typer.Option(help=PLAN_HELP)] = None,
    detect: Annotated[str, typer.Option(help=DETECT_HELP)] = "",
    as_json: JsonOption = False,
    lang: LangOption = "",
) -> None:
    """Compare runs of suites. Example: halab compare old/ new/ --fail-on "write.outage > 1.2x".

    Rank-sum tests of the shift between the trials, each its worst worker, at 5 % over all limits
    and experiments together; 6 trials of each side are the least, and --plan says how many it takes.
    """  # noqa: E501 - one line of help
    from chaos.errors import InputError

    refuse_language_of_json(lang, as_json=as_json)
    language = language_of(lang)
    if plan:
        if b or fail_on:
            raise InputError("--plan takes A alone, and no --fail-on")
        _plan(a, plan, detect, language, as_json=as_json)
    elif detect:
        raise InputError("--detect is for --plan")
    elif b is None:
        raise InputError("B is missing: the runs that are compared with A")
    else:
        _compare(a, b, fail_on or [], language, as_json=as_json)


def _plan(a: Path, limits: list[str], detect: str, lang: str, *, as_json: bool) -> None:
    from reports.compare.document import plan_document_of
    from reports.compare.limits import parse_amount, parse_limit
    from reports.compare.plan import plan_limits
    from reports.compare.reading import read_side

    amount = parse_amount(detect) if detect else None
    parsed = [parse_limit(text) for text in limits]
    side = read_side(a)
    plans = plan_limits(parsed, amount, side)
    _report_left_out([side], lang)
    if as_json:
        print_result(plan_document_of(side, plans).model_dump_json())
    else:
        _print_plan(side, plans, lang)


def _compare(a: Path, b: Path, fail_on: list[str], lang: str, *, as_json: bool) -> None:
    from reports.compare.comparison import compare as compare_sides
    from reports.compare.document import document_of
    from reports.compare.limits import parse_limit
    from reports.compare.reading import read_side

    limits = [parse_limit(text) for text in fail_on]
    comparison = compare_sides(read_side(a), read_side(b), limits)
    _report_left_out([comparison.a, comparison.b], lang)
    if as_json:
        print_result(document_of(comparison).model_dump_json())
    else:
        _print(comparison, lang)
    verdicts = [verdict.verdict for verdict in comparison.verdicts]
    raise typer.Exit(code_of_verdicts(verdicts) if limits else ExitCode.HOLDS)


def _report_left_out(sides: list[Side], lang: str) -> None:
    from reports.compare.console import left_out_texts

    for text in left_out_texts(sides, lang):
        report_progress(text)


def _print_plan(side: Side, plans: list[LimitPlan], lang: str) -> None:
    from chaos.cli.tables import print_console_table, wide_console
    from reports.compare.console import plan_table, plan_texts

    console = wide_console()
    for text in plan_texts(side, plans, lang):
        print_result(text)
    print_console_table(console, plan_table(plans, lang))


def _print(comparison: Comparison, lang: str) -> None:
    from chaos.cli.tables import print_console_table, wide_console
    from reports.compare.console import change_table, heading_texts, verdict_texts

    console = wide_console()
    for text in heading_texts(comparison, lang):
        print_result(text)
    print_console_table(console, change_table(comparison, lang))
    for text in verdict_texts(comparison, lang):
        print_result(text)
    for verdict in comparison.verdicts:
        print_result(verdict_line(verdict, lang))
