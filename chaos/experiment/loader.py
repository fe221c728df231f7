"""Reads a suite from YAML and checks all that can be checked before anything starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml
from pydantic import ValidationError

from chaos import targets
from chaos.errors import InputError
from chaos.experiment.schema import Suite, settings_of
from lab.components import plan_lab

if TYPE_CHECKING:
    from pathlib import Path


def load_suite(path: Path) -> Suite:
    """Read and validate; all problems are reported together. Raises InputError."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path}: {error}") from error
    except yaml.YAMLError as error:
        raise InputError(f"{path} is no valid YAML: {error}") from error
    if not isinstance(data, dict):
        raise InputError(f"{path}: a suite is a mapping with name, lab and experiments")
    try:
        suite = Suite.model_validate(data)
    except ValidationError as error:
        problems = [f"  {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise InputError("\n".join([f"{path}:", *problems])) from error
    problems = check(suite)
    if problems:
        raise InputError("\n".join([f"{path}:", *(f"  {problem}" for problem in problems)]))
    return suite


def check(suite: Suite) -> list[str]:
    """Return what is wrong with the targets and formulas of a suite."""
    plan, settings = plan_lab(suite.lab), settings_of(suite.lab)
    problems = []
    if suite.lab.workers == 0:
        problems.append("lab.workers: availability is measured at workers; at least 1 is needed")
    for experiment in suite.experiments:
        try:
            for selector in (experiment.fault.target, experiment.fault.others):
                if selector is not None:
                    targets.parse(selector, plan)
            for expectation in experiment.expect:
                expectation.resolved(settings)
        except InputError as error:
            problems.append(f"{experiment.id}: {error}")
    return problems
