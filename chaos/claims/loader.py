"""Reads the claims of a document from YAML and checks them before anything is started."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from chaos.claims.figures import figure_problems, of_splits, of_suite, of_table
from chaos.claims.schema import ClaimsDocument, SuiteExperiment, experiments_of
from chaos.errors import InputError, problems_of
from chaos.experiment.loader import SHIPPED, load_suite, select
from chaos.experiment.yaml_file import read_mapping
from chaos.survey.cells import parse_faults, parse_sizes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos.claims.figures import PlannedFigures
    from chaos.claims.schema import Experiment
    from chaos.experiment.schema import Suite

EXPECTED = "claims are a mapping with name, title, experiments and claims"


def find_document(name: str) -> Path:
    """Return the YAML file of claims: a path, or the name of shipped ones."""
    path = Path(name)
    shipped = SHIPPED / "claims" / f"{name}.yaml"
    return shipped if shipped.exists() and not path.exists() else path


def load_document(path: Path) -> ClaimsDocument:
    """Read and validate; all problems are reported together. Raises InputError."""
    file = read_mapping(path, EXPECTED)
    try:
        document = ClaimsDocument.model_validate(file.data)
    except ValidationError as error:
        raise InputError(f"{path}:\n{problems_of(error, file.line_of)}") from error
    if problems := _problems(document, path.parent):
        raise InputError("\n".join([f"{path}:", *(f"  {problem}" for problem in problems)]))
    return document


def select_claims(document: ClaimsDocument, identities: Sequence[str]) -> ClaimsDocument:
    """Return the document with the named claims only. Raises InputError for unknown ones."""
    names = [claim.id for claim in document.claims]
    if unknown := [name for name in identities if name not in names]:
        raise InputError(f"no claim {', '.join(unknown)}; there are {', '.join(names)}")
    claims = [claim for claim in document.claims if claim.id in identities or not identities]
    return document.model_copy(update={"claims": claims})


def _problems(document: ClaimsDocument, base: Path) -> list[str]:
    """Return the problems of a document's names, checks and experiments."""
    names = Counter(claim.id for claim in document.claims)
    problems = [f"the id {name} is given {n} times" for name, n in names.items() if n > 1]
    for claim in document.claims:
        problems += [
            f"claims.{claim.id}: there is no experiment {name}"
            for name in sorted(experiments_of(claim) - set(document.experiments))
        ]
    planned = {}
    for name, experiment in document.experiments.items():
        try:
            planned[name] = _figures(experiment, base)
        except InputError as error:
            problems.append(f"experiments.{name}: {error}")
    for claim in document.claims:
        problems += figure_problems(claim, planned)
    return problems


def _figures(experiment: Experiment, base: Path) -> PlannedFigures:
    """Check an experiment; return the figures that it will have. Raises InputError."""
    if isinstance(experiment, SuiteExperiment):
        return of_suite(suite_of(experiment, base))
    sizes = parse_sizes(experiment.sizes)
    if experiment.kind == "splits":
        return of_splits()
    parse_faults(experiment.faults)
    return of_table(sizes)


def suite_of(experiment: SuiteExperiment, base: Path) -> Suite:
    """Load a suite from a file in `base`, the folder of the claims, or a shipped one.

    Raises InputError.
    """
    local = base / experiment.file
    shipped = SHIPPED / f"{experiment.file}.yaml"
    path = shipped if shipped.exists() and not local.exists() else local
    suite = select(load_suite(path, experiment.lab), experiment.only)
    if unknown := sorted(set(experiment.trials) - {one.id for one in suite.experiments}):
        raise InputError(f"trials of {', '.join(unknown)}: there is no such experiment")
    return suite
