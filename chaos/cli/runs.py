"""Commands that write run directories, and commands that read them."""

from __future__ import annotations

import json
import shlex
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chaos.cli.codes import worst
from chaos.cli.judging import JsonOption, LangOption, RunsDirOption, execute, judge
from chaos.cli.labs import BalancerMode, LbConfigOption, read_config
from chaos.cli.runtime import RuntimeOption, settle
from chaos.cli.say import say

if TYPE_CHECKING:
    from chaos.experiment.schema import Suite
    from chaos.proof.schema import ProofSpec


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (run, analyze, report):
        app.command()(command)
    app.command("list")(list_)


def run(
    files: Annotated[list[str], typer.Argument(help="Suites, proofs: YAML files, shipped names.")],
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
    runtime: RuntimeOption = "auto",
    runs_dir: RunsDirOption = Path("runs"),
    as_json: JsonOption = False,
    lang: LangOption = "en",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Validate; start nothing.")] = False,
) -> None:
    """Run suites and proofs on labs of their own. Example: halab run experiments/ha-report.yaml."""
    from chaos.experiment.loader import find_suite, select
    from chaos.probes.estimate import check_cost
    from chaos.probes.series import DEFAULT_SERIES, with_rates
    from chaos.proof.loader import is_proof, load_proof
    from chaos.proof.schema import ProofSpec

    balancer = _balancer(lb, lb_config)
    series = with_rates(DEFAULT_SERIES, rate or [])
    loaded: list[Suite | ProofSpec] = []
    for path in map(find_suite, files):
        if is_proof(path):
            loaded.append(_whole(load_proof(path), only or rate or balancer))
        else:
            suite = select(_load(path, balancer, lb_config), only or [])
            check_cost(series, suite.lab.workers)
            loaded.append(suite)
    if dry_run:
        for line in (line for one in loaded for line in one.timeline()):
            typer.echo(line)
        return
    from chaos.campaign import SuiteRun, open_run
    from chaos.proof.run import ProofRun

    chosen = settle(runtime, [one.lab for one in loaded])
    loaded = [
        one.model_copy(update={"lab": one.lab.model_copy(update={"runtime": chosen})})
        for one in loaded
    ]
    judged = []
    for one, name in zip(loaded, files, strict=True):
        command = _repeat(name, trials, only, rate, seed, lb, lb_config, chosen)
        if isinstance(one, ProofSpec):
            proof = ProofRun(one, runs_dir, seed, command, say)
            directory, work = proof.writer.directory, partial(proof.run, trials)
        else:
            writer = open_run(one, series, runs_dir, seed, command)
            directory = writer.directory
            work = partial(SuiteRun(one, writer, series, say).run, trials)
        judged.append(execute(directory, work, lang, as_json=as_json))
    if as_json:
        answers = [answer for _, answer in judged]
        typer.echo(json.dumps(answers[0] if len(answers) == 1 else _joined(answers)))
    raise typer.Exit(worst(code for code, _ in judged))


def _whole(proof: ProofSpec, options: object) -> ProofSpec:
    """Refuse what chooses among experiments, series and balancers: a proof has none of them."""
    from chaos.errors import InputError

    if options:
        raise InputError(
            f"--only, --rate, --lb and --lb-config are for suites; {proof.name} is a proof"
        )
    return proof


def analyze(
    directory: Annotated[Path, typer.Argument(help="A run directory.")],
    as_json: JsonOption = False,
    lang: LangOption = "en",
) -> None:
    """Judge a run again and write its report. Example: halab analyze runs/X."""
    code, answer = judge(directory, lang, as_json=as_json)
    if as_json:
        typer.echo(json.dumps(answer))
    raise typer.Exit(code)


def report(
    directory: Annotated[Path, typer.Argument(help="A run directory.")], lang: LangOption = "en"
) -> None:
    """Write the report of a run and say where it is. Example: halab report runs/X --lang zh."""
    from reports.judging import judge as judge_run

    typer.echo(judge_run(directory, lang).write(lang))


def list_(
    runs_dir: RunsDirOption = Path("runs"),
    page: Annotated[
        bool, typer.Option("--page", help="Write index.html there, with links to the reports.")
    ] = False,
    as_json: JsonOption = False,
    lang: LangOption = "en",
) -> None:
    """List the runs in a directory, and what their reports say. Example: halab list --page."""
    from reports.list import runs_in, write_index

    found = runs_in(runs_dir)
    for one in (one for one in found.runs if one.reason):
        say(one.reason)
    if page:
        say(f"page: {write_index(runs_dir, lang)}")
    if as_json:
        typer.echo(found.model_dump_json())
        return
    for one in (one for one in found.runs if not one.reason):
        counts = ", ".join(f"{count} {kind}" for kind, count in sorted(one.verdicts.items()))
        judged = (counts or "no verdicts") if one.judged else "not judged"
        trials = f"trials: {one.trials}" if one.trials is not None else ""
        words = (one.directory, one.kind, one.status, trials, f"seed: {one.seed}", judged)
        typer.echo("  ".join(word for word in words if word))


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
    runtime: str,
) -> str:
    """Return the command that does the same again."""
    words = ["halab", "run", name, "--trials", str(trials), "--seed", str(seed)]
    words += ["--runtime", runtime]
    words += ["--lb", lb] if lb else []
    words += ["--lb-config", str(lb_config)] if lb_config else []
    for option, values in (("--only", only), ("--rate", rate)):
        for value in values or []:
            words += [option, value]
    return shlex.join(words)


def _joined(answers: list[dict[str, Any]]) -> dict[str, Any]:
    verdicts = [verdict for answer in answers for verdict in answer["verdicts"]]
    return {"runs": answers, "verdicts": verdicts}
