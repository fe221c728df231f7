"""Two runs, or two sets of them, side by side."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chaos.cli.conclusion import JsonOption
from chaos.cli.exit_codes import ExitCode, code_of_verdicts
from chaos.cli.progress import say

if TYPE_CHECKING:
    from rich.table import Table

    from reports.compare.comparison import ChangeDocument, CompareDocument

FAIL_ON_HELP = (
    "Ends in 1 when this is shown, in 5 when it cannot be said. METRIC > 1.2x (B over A), "
    "METRIC > +0.5s (B less A), METRIC > 2s (B alone), or with <; repeat. A METRIC is "
    "[EXPERIMENT[/INJECTION]/]PROBE[.CONNECTION].FIGURE.STATISTIC; FIGURE: outage, gap, degraded, "
    "recovery, leader (seconds), good, availability (shares); STATISTIC one of median, max, min."
)


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(compare)


def compare(
    a: Annotated[Path, typer.Argument(help="A run directory, or a directory of them.")],
    b: Annotated[Path, typer.Argument(help="The same, for what is held against it.")],
    fail_on: Annotated[list[str] | None, typer.Option(help=FAIL_ON_HELP)] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare runs of suites. Example: halab compare old/ new/ --fail-on "write.outage.median > 1.2x".

    The interval of a change holds the brackets of all outages and what chance does to a median
    (95 %, percentile bootstrap over trials with a fixed seed); it needs 6 trials on each side.
    """  # noqa: E501 - one line of help
    from reports.compare.comparison import compare as compare_sides
    from reports.compare.limits import parse_limit
    from reports.compare.sides import read_side

    gates = [parse_limit(text) for text in fail_on or []]
    found = compare_sides(read_side(a), read_side(b), gates)
    for side in (found.a, found.b):
        for text in side.left_out:
            say(f"left out: {text}")
    if as_json:
        typer.echo(found.model_dump_json())
    else:
        _print(found)
    verdicts = [verdict.verdict for verdict in found.verdicts]
    raise typer.Exit(code_of_verdicts(verdicts) if gates else ExitCode.HOLDS)


def _print(found: CompareDocument) -> None:
    import sys

    from rich.console import Console
    from rich.text import Text

    console = Console(width=None if sys.stdout.isatty() else 120)
    for name, side in (("A", found.a), ("B", found.b)):
        runs = f"{len(side.runs)} run{'s' if len(side.runs) != 1 else ''}"
        console.print(Text(f"{name}: {side.directory}, {runs}, {side.trials} trials"))
    for text in found.differs:
        console.print(Text(f"differs: {text}"))
    console.print(_table(found.changes))
    for turn in found.turned:
        was = turn.a or "not there"
        console.print(Text(f"{turn.experiment} {turn.id}: was {was}, is {turn.b}"))
    for verdict in found.verdicts:
        console.print(Text(f"{verdict.verdict:9} {verdict.id}: {verdict.note}"), soft_wrap=True)


def _table(changes: list[ChangeDocument]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 1))
    for column in ("fault", "metric", "n", "A", "B", "B - A, 95 %", "shown"):
        right = column in ("n", "A", "B", "B - A, 95 %")
        table.add_column(column, justify="right" if right else "left", no_wrap=right)
    last = ""
    for change in changes:
        fault, last = (change.experiment if change.experiment != last else ""), change.experiment
        moved = "–"
        if change.shown != "too few trials":
            least, most = change.difference_lower, change.difference_upper
            moved = f"{_number(least, '-∞')} … {_number(most, '∞')}"
        texts = (
            fault,
            change.metric,
            f"{change.a_trials}, {change.b_trials}",
            _bracket(change.a_lower, change.a_upper),
            _bracket(change.b_lower, change.b_upper),
            moved,
            change.shown,
        )
        table.add_row(*map(Text, texts))
    return table


def _number(value: float | None, endless: str) -> str:
    return endless if value is None else f"{value:.3g}"


def _bracket(lower: float | None, upper: float | None) -> str:
    from reports.bracket import Bracket

    if lower is None:
        return "–"
    return Bracket(lower, math.inf if upper is None else upper).text(".3g")
