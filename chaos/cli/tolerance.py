"""The tolerance table, measured."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Annotated, Literal

import typer

from chaos.cli.codes import ExitCode, code_of_verdicts
from chaos.cli.runs import JsonOption, RunsDirOption
from chaos.cli.say import say

LangOption = Annotated[Literal["en", "zh"], typer.Option(help="Language of the page.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(tolerance)


def tolerance(
    sizes: Annotated[str, typer.Option(help="Sizes, for example 1-9 or 3,5.")] = "1-9",
    faults: Annotated[str, typer.Option(help="Of kill,hang,power-off,cut.")] = "kill,hang,cut",
    splits: Annotated[
        bool, typer.Option("--splits", help="Measure network splits instead of failures.")
    ] = False,
    expect: Annotated[
        Path | None, typer.Option(help="CSV: size,majority,tolerance; wrong cells are flagged.")
    ] = None,
    trials: Annotated[int, typer.Option(min=1, help="Trials of each cell.")] = 1,
    seed: Annotated[int, typer.Option(help="Seed of who fails.")] = 0,
    runs_dir: RunsDirOption = Path("runs"),
    as_json: JsonOption = False,
    lang: LangOption = "en",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Validate; start nothing.")] = False,
) -> None:
    """Measure how many failures etcd tolerates. Example: halab tolerance --sizes 3,5."""
    from chaos.errors import InputError
    from chaos.tolerance.cells import cells_of, parse_faults, parse_sizes
    from chaos.tolerance.expected import read_expected
    from chaos.tolerance.splits import splits_of

    wanted_sizes, wanted_faults = parse_sizes(sizes), parse_faults(faults)
    expected = read_expected(expect) if expect else []
    if splits:
        if expect:
            raise InputError("--expect is compared with the table of failures, not with --splits")
        wanted_sizes = [size for size in wanted_sizes if size > 1]
        if not wanted_sizes:
            raise InputError(f"--sizes {sizes}: one member cannot be split")
        wanted_faults = []
    if dry_run:
        for size in wanted_sizes if splits else ():
            typer.echo(f"{size} members: {len(splits_of(size))} splits")
        for fault in wanted_faults:
            for size in wanted_sizes:
                typer.echo(f"{fault}, {size} members: {len(cells_of(size, fault))} cells")
        return
    from chaos.tolerance.opening import open_survey
    from lab.runtime.netns import check_tools

    check_tools()
    words = ["halab", "tolerance", "--sizes", sizes, "--trials", str(trials)]
    words += ["--splits"] if splits else ["--faults", faults]
    words += ["--expect", str(expect)] if expect else []
    survey = open_survey(
        "splits" if splits else "tolerance",
        wanted_sizes,
        wanted_faults,
        expected,
        trials=trials,
        seed=seed,
        runs_dir=runs_dir,
        command=shlex.join([*words, "--seed", str(seed)]),
        say=say,
    )
    say(f"run directory: {survey.writer.directory}")
    try:
        survey.run()
    except BaseException:
        _judge_what_there_is(survey.writer.directory, lang, as_json=as_json)
        raise
    raise typer.Exit(judge(survey.writer.directory, lang, as_json=as_json))


def _judge_what_there_is(directory: Path, lang: str, *, as_json: bool) -> None:
    """Report on a survey that was interrupted or failed; that cannot hide how it ended."""
    from reports.errors import ReportError

    try:
        judge(directory, lang, as_json=as_json)
    except (ReportError, OSError) as error:
        say(f"there is no report: {error}")


def judge(directory: Path, lang: str, *, as_json: bool) -> ExitCode:
    """Judge a survey, write its report, print it, and return the exit code."""
    from reports.analysis.splits import SplitsAnalysis, analyse_splits
    from reports.analysis.tolerance import ToleranceAnalysis, analyse_tolerance
    from reports.history.reader import read_object
    from reports.history.tolerance import read_splits, read_tolerance
    from reports.render.splits import splits_texts, write_splits_report
    from reports.render.tolerance import table_texts, write_tolerance_report

    analysis: SplitsAnalysis | ToleranceAnalysis
    if read_object(directory / "run.json").get("kind") == "splits":
        analysis = analyse_splits(*read_splits(directory))
        page = write_splits_report(directory, analysis, lang)
        texts, table = splits_texts(analysis), analysis.tables["splits"]
    else:
        analysis = analyse_tolerance(*read_tolerance(directory))
        page = write_tolerance_report(directory, analysis, lang)
        texts, table = table_texts(analysis), analysis.tables["majority"]
    if as_json:
        verdicts = [{"id": v.id, "verdict": v.verdict, "note": v.note} for v in analysis.verdicts]
        figures = json.loads(table.to_json(orient="records"))
        answer = {"run": str(directory), "verdicts": verdicts, "figures": figures}
        typer.echo(json.dumps(answer))
    else:
        for line in texts:
            typer.echo(line)
        for one in analysis.verdicts:
            if one.verdict != "holds" or one.experiment in ("safety", "splits"):
                typer.echo(f"{one.verdict:9} {one.id}: {one.note}")
        typer.echo(f"report: {page}")
    code = code_of_verdicts(one.verdict for one in analysis.verdicts)
    unfinished = analysis.record.status != "complete"
    return ExitCode.UNKNOWN if unfinished and code is ExitCode.HOLDS else code
