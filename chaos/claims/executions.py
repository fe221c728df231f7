"""How each kind of experiment is run for claims."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos.campaign import SuiteRun, open_run
from chaos.claims.schema import FileExperiment
from chaos.experiment.loader import SHIPPED, load_suite, select
from chaos.probes.series import DEFAULT_SERIES
from chaos.proof.loader import load_proof
from chaos.proof.run import ProofRun
from chaos.tolerance.cells import parse_faults, parse_sizes
from chaos.tolerance.opening import open_survey

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from chaos.claims.schema import Experiment
    from chaos.experiment.schema import Suite


def execute(
    experiment: Experiment,
    base: Path,
    folder: Path,
    *,
    trials: int,
    seed: int,
    runtime: str,
    command: str,
    opened: Callable[[Path], None],
    say: Callable[[str], None],
) -> None:
    """Run one experiment below `folder`; `opened` is told its run directory first.

    `base`: the folder of the claims' file; `command`: what repeats it. Raises LabError, ChaosError.
    """
    if not isinstance(experiment, FileExperiment):
        survey = open_survey(
            experiment.kind,
            parse_sizes(experiment.sizes),
            parse_faults(experiment.faults) if experiment.kind == "tolerance" else [],
            [],
            trials=trials,
            seed=seed,
            runtime=runtime,
            runs_dir=folder,
            command=command,
            say=say,
        )
        opened(survey.writer.directory)
        survey.run()
    elif experiment.kind == "proof":
        made = {**experiment.lab, "runtime": runtime}
        proof = load_proof(file_of(experiment, base), made)
        run = ProofRun(proof, folder, seed, command, say)
        opened(run.writer.directory)
        run.run(trials)
    else:
        suite = suite_of(experiment, base, {"runtime": runtime})
        writer = open_run(suite, DEFAULT_SERIES, folder, seed, command)
        opened(writer.directory)
        SuiteRun(suite, writer, DEFAULT_SERIES, say).run(trials)


def file_of(experiment: FileExperiment, base: Path) -> Path:
    """Return the file of an experiment: beside the claims', or a shipped one."""
    beside = base / experiment.file
    shipped = SHIPPED / f"{experiment.file}.yaml"
    return shipped if shipped.exists() and not beside.exists() else beside


def check_file(experiment: FileExperiment, base: Path) -> None:
    """Load the file of an experiment, to see whether it can be run. Raises InputError."""
    if experiment.kind == "proof":
        load_proof(file_of(experiment, base), experiment.lab)
    else:
        suite_of(experiment, base, {})


def suite_of(experiment: FileExperiment, base: Path, lab: Mapping[str, str]) -> Suite:
    """Load the suite of an experiment; `lab` overrides keys of its lab. Raises InputError."""
    wanted = {**experiment.lab, **lab}
    return select(load_suite(file_of(experiment, base), wanted), experiment.only)
