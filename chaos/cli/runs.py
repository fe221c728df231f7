"""Commands that write run directories, and commands that read them."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from chaos.cli.say import say

if TYPE_CHECKING:
    from reports.analysis.verdict import Verdict

EXIT_VIOLATED, EXIT_UNKNOWN = 1, 5


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (run, analyze):
        app.command()(command)


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def run(
    suite: Annotated[Path, typer.Argument(help="A suite of experiments, YAML.")],
    trials: Annotated[int, typer.Option(min=1, help="Trials of each experiment.")] = 1,
    seed: Annotated[int, typer.Option(help="Seed of every random choice.")] = 0,
    runs_dir: Annotated[Path, typer.Option(help="Where run directories go.")] = Path("runs"),
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Validate; start nothing.")] = False,
) -> None:
    """Run a suite on a lab of its own. Example: halab run experiments/ha-report.yaml."""
    from chaos.experiment.loader import load_suite  # noqa: PLC0415 (keeps --help fast)

    loaded = load_suite(suite)
    if dry_run:
        for one in loaded.experiments:
            side = f" from {one.fault.others}" if one.fault.others else ""
            say(f"{one.id}: {one.fault.kind} {one.fault.target}{side}, held {one.hold_s:g} s")
        return
    from chaos.campaign import run_suite  # noqa: PLC0415

    signal.signal(signal.SIGTERM, _interrupt)
    directory = run_suite(loaded, runs_dir, trials=trials, seed=seed, say=say)
    _judge(directory, as_json=as_json)


def analyze(
    directory: Annotated[Path, typer.Argument(help="A run directory.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Judge a run again and write its report. Example: halab analyze runs/X."""
    _judge(directory, as_json=as_json)


def _judge(directory: Path, *, as_json: bool) -> None:
    from reports.analysis import judge_run  # noqa: PLC0415
    from reports.render import write_report  # noqa: PLC0415

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
    code = exit_code(verdicts)
    if code:
        raise typer.Exit(code)


def exit_code(verdicts: list[Verdict]) -> int:
    """Return 1 when anything was violated, else 5 when anything (or everything) is unknown."""
    kinds = {verdict.verdict for verdict in verdicts}
    if "violated" in kinds:
        return EXIT_VIOLATED
    return EXIT_UNKNOWN if "unknown" in kinds or not kinds else 0
