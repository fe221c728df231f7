"""The command that runs suites."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chaos.cli.balancer_file import checked_files, lines_of
from chaos.cli.completion import complete_experiment, complete_suite
from chaos.cli.conclusion import (
    DryRunOption,
    JsonOption,
    RunsDirOption,
    execute,
    refuse_json_of_dry_run,
)
from chaos.cli.exit_codes import worst
from chaos.cli.lab_options import LabOptions, with_lab_options
from chaos.cli.language import LangOption, language_of
from chaos.cli.panels import EXPERIMENTS
from chaos.cli.progress import print_result, report_progress
from chaos.cli.repeat_command import command_of
from chaos.cli.runtime_option import RuntimeOption, laid_over, settle

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from chaos.cli.lab_options import Setting
    from chaos.experiment.plan import PlannedExperiment
    from chaos.experiment.schema import Suite
    from chaos.probes.series import Series
    from reports.locale.message import Message


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(rich_help_panel=EXPERIMENTS)(run)


@with_lab_options
def run(
    files: Annotated[
        list[str],
        typer.Argument(help="Suites: YAML files, shipped names.", autocompletion=complete_suite),
    ],
    trials: Annotated[int, typer.Option(min=1, help="Trials of each experiment.")] = 1,
    only: Annotated[
        list[str] | None,
        typer.Option(help="Only this experiment; repeat.", autocompletion=complete_experiment),
    ] = None,
    rate: Annotated[
        list[str] | None, typer.Option(help="PROBE[:CONNECTION]=HZ, for example read:new=50.")
    ] = None,
    dry_run: DryRunOption = False,
    seed: Annotated[int, typer.Option(help="Seed of every random choice.")] = 0,
    runtime: RuntimeOption = "auto",
    runs_dir: RunsDirOption = Path("runs"),
    as_json: JsonOption = False,
    lang: LangOption = "",
    *,
    options: LabOptions,
) -> None:
    """Run suites on labs of their own.

    Example: halab run ha-report --trials 3 --etcd 5

    Options of labs are laid over the lab of each suite and over those of its experiments.
    """
    from chaos.experiment.dry_run import dry_run_lines
    from chaos.experiment.loader import find_suite, select
    from chaos.experiment.plan import plan_suite
    from chaos.probes.series import DEFAULT_SERIES, with_rates

    refuse_json_of_dry_run(as_json=as_json, dry_run=dry_run)
    language, settings = language_of(lang), laid_over(options, runtime)
    series = with_rates(DEFAULT_SERIES, rate or [])
    suites = []
    for path in map(find_suite, files):
        suite = select(_load(path, settings, options.lb_config), only or [])
        options.check_effect(suite.labs, suite.name)
        _check_rates(suite, series, rate or [])
        suites.append(suite)
    labs = [lab for suite in suites for lab in suite.labs]
    unchecked = checked_files(labs, options.own_file, options.lb_config, runtime)
    if dry_run:
        drafts = [plan_suite(suite, series, suite.lab.runtime, seed) for suite in suites]
        for suite, draft in zip(suites, drafts, strict=True):
            _print_lines(dry_run_lines(suite.name, draft, language))
        _print_lines(lines_of([*_remarks(drafts), *unchecked], language))
        return
    from chaos.provenance import RunOrder
    from chaos.run.suite import SuiteRun, check_capabilities, open_suite

    chosen = settle(runtime, labs, runs_dir)
    plans = [plan_suite(suite, series, chosen, seed) for suite in suites]
    for planned in plans:  # before the first is run, which may take hours
        check_capabilities(planned, chosen)
    for line in lines_of([*_remarks(plans), *unchecked], language):
        report_progress(line)
    repeated = {"--trials": trials, "--seed": seed, "--runtime": chosen, "--only": only}
    repeated |= {"--rate": rate, **options.as_options}
    judged = []
    for suite, planned, name in zip(suites, plans, files, strict=True):
        command = command_of(["run", name], repeated)
        order = RunOrder(trials, seed, chosen, runs_dir, command, options.as_given)
        writer = open_suite(suite.name, planned, order)
        work = SuiteRun(planned, writer, report_progress).run
        judged.append(execute(writer.directory, work, language, as_json=as_json))
    if as_json:
        answers = [answer for _, answer in judged]
        print_result(json.dumps(answers[0] if len(answers) == 1 else _joined(answers)))
    raise typer.Exit(worst(code for code, _ in judged))


def _load(path: Path, lab: Mapping[str, Setting], lb_config: Path | None) -> Suite:
    from chaos.errors import InputError
    from chaos.experiment.loader import load_suite

    try:
        return load_suite(path, lab)
    except InputError as error:
        if lb_config is None:
            raise
        raise InputError(f"with {lb_config}: {error}") from error


def _print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        print_result(line)


def _remarks(plans: Iterable[Iterable[PlannedExperiment]]) -> list[Message]:
    """Return what differs from the users' balancer files."""
    planned = (experiment for plan in plans for experiment in plan)
    return [remark for each in planned for remark in each.record.balancer_file_remarks]


def _check_rates(suite: Suite, series: Sequence[Series], rates: Sequence[str]) -> None:
    """Refuse rates where there are no masters, and probers that cost too much."""
    from chaos.errors import InputError
    from chaos.probes.prober_cost import check_cost

    for lab in suite.labs:
        if lab.masters:
            check_cost(series, lab.workers)
        elif rates:
            raise InputError(
                f"--rate is about requests to masters, and there are none in {suite.name}"
            )


def _joined(answers: list[dict[str, Any]]) -> dict[str, Any]:
    verdicts = [verdict for answer in answers for verdict in answer["verdicts"]]
    return {"runs": answers, "verdicts": verdicts}
