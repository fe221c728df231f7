"""The command that runs suites."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chaos.cli.conclusion import DryRunOption, JsonOption, LangOption, RunsDirOption, execute
from chaos.cli.exit_codes import worst
from chaos.cli.labs import BalancerMode, LbConfigOption, read_config
from chaos.cli.progress import say
from chaos.cli.repeat_command import command_of
from chaos.cli.runtime_option import RuntimeOption, settle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos.experiment.schema import Suite
    from chaos.probes.series import Series


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(run)


def run(
    files: Annotated[list[str], typer.Argument(help="Suites: YAML files, shipped names.")],
    trials: Annotated[int, typer.Option(min=1, help="Trials of each experiment.")] = 1,
    only: Annotated[list[str] | None, typer.Option(help="Only this experiment; repeat.")] = None,
    rate: Annotated[
        list[str] | None, typer.Option(help="PROBE[:CONNECTION]=HZ, for example read:new=50.")
    ] = None,
    dry_run: DryRunOption = False,
    seed: Annotated[int, typer.Option(help="Seed of every random choice.")] = 0,
    lb: Annotated[
        BalancerMode | None, typer.Option("--lb", help="Balancer mode, instead of the suite's.")
    ] = None,
    lb_config: LbConfigOption = None,
    runtime: RuntimeOption = "auto",
    runs_dir: RunsDirOption = Path("runs"),
    as_json: JsonOption = False,
    lang: LangOption = "en",
) -> None:
    """Run suites on labs of their own. Example: halab run experiments/ha-report.yaml."""
    from chaos.experiment.dry_run import lines_of
    from chaos.experiment.loader import find_suite, select
    from chaos.experiment.plan import plan_suite
    from chaos.probes.series import DEFAULT_SERIES, with_rates

    balancer = {"lb": lb, "lb_config": read_config(lb_config)}
    given = {key: value for key, value in balancer.items() if value}
    series = with_rates(DEFAULT_SERIES, rate or [])
    suites = []
    for path in map(find_suite, files):
        suites.append(select(_load(path, given, lb_config), only or []))
        _check(suites[-1], series, [*(rate or []), *given])
    if dry_run:
        for suite in suites:
            planned = plan_suite(suite, series, suite.lab.runtime, seed)
            for line in lines_of(suite.name, planned):
                typer.echo(line)
        return
    from chaos.provenance import RunOrder
    from chaos.run.suite import SuiteRun, open_suite

    chosen = settle(runtime, [lab for suite in suites for lab in suite.labs])
    options = {"--trials": trials, "--seed": seed, "--runtime": chosen, "--lb": lb}
    options |= {"--lb-config": lb_config, "--only": only, "--rate": rate}
    judged = []
    for suite, name in zip(suites, files, strict=True):
        planned = plan_suite(suite, series, chosen, seed)
        order = RunOrder(trials, seed, chosen, runs_dir, command_of(["run", name], options))
        writer = open_suite(suite.name, planned, order)
        work = SuiteRun(planned, writer, say).run
        judged.append(execute(writer.directory, work, lang, as_json=as_json))
    if as_json:
        answers = [answer for _, answer in judged]
        typer.echo(json.dumps(answers[0] if len(answers) == 1 else _joined(answers)))
    raise typer.Exit(worst(code for code, _ in judged))


def _load(path: Path, balancer: dict[str, str], lb_config: Path | None) -> Suite:
    from chaos.errors import InputError
    from chaos.experiment.loader import load_suite

    try:
        return load_suite(path, balancer)
    except InputError as error:
        if lb_config is None:
            raise
        raise InputError(f"with {lb_config}: {error}") from error


def _check(suite: Suite, series: Sequence[Series], options: Sequence[str]) -> None:
    """Refuse rates and balancers where there are no masters, and probers that cost too much."""
    from chaos.errors import InputError
    from chaos.probes.prober_cost import check_cost

    for lab in suite.labs:
        if lab.masters:
            check_cost(series, lab.workers)
        elif options:
            raise InputError(
                "--rate, --lb and --lb-config are about requests to masters; "
                f"there are none in {suite.name}"
            )


def _joined(answers: list[dict[str, Any]]) -> dict[str, Any]:
    verdicts = [verdict for answer in answers for verdict in answer["verdicts"]]
    return {"runs": answers, "verdicts": verdicts}
