"""Reads a suite from YAML and checks it before anything is started."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

import experiments
from chaos.errors import InputError, problems_of
from chaos.experiment.checks import check_suite
from chaos.experiment.old_format import new_form
from chaos.experiment.schema import Suite
from chaos.experiment.yaml_file import read_mapping

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SHIPPED = Path(experiments.__file__).parent


def find_suite(name: str) -> Path:
    """Return the YAML file of a suite: a path, or the name of a shipped one."""
    path = Path(name)
    shipped = SHIPPED / f"{name}.yaml"
    if path.exists() or not shipped.exists():
        return path
    return shipped


def select(suite: Suite, only: Sequence[str]) -> Suite:
    """Return the suite with only the named experiments. Raises InputError for unknown ones."""
    by_id = {experiment.id: experiment for experiment in suite.experiments}
    if unknown := sorted(set(only) - set(by_id)):
        listed = ", ".join(by_id)
        raise InputError(f"no experiment {', '.join(unknown)} in {suite.name}; it has {listed}")
    chosen = [experiment for name, experiment in by_id.items() if name in only or not only]
    return suite.model_copy(update={"experiments": chosen})


def load_suite(path: Path, lab: Mapping[str, Any] | None = None) -> Suite:
    """Read and validate; `lab` overrides keys of the suite's lab and of every experiment's.

    All problems are reported together. Raises InputError.
    """
    file = read_mapping(path, "a suite is a mapping with name, lab and experiments")
    if lines := new_form(file.data):
        new = "\n".join(lines)
        raise InputError(f"{path} is in the format of halab 0.1; this one wants\n{new}")
    try:
        suite = Suite.model_validate(_merged(file.data, lab or {}))
    except ValidationError as error:
        raise InputError(f"{path}:\n{problems_of(error, file.line_of)}") from error
    if problems := check_suite(suite):
        lines = [f"  {problem}".replace("\n", "\n  ") for problem in problems]
        raise InputError("\n".join([f"{path}:", *lines]))
    return suite


def _merged(data: dict[str, Any], lab: Mapping[str, Any]) -> dict[str, Any]:
    """Merge the lab of each experiment over the suite's, and `lab` over both."""
    shared, listed = data.get("lab", {}), data.get("experiments")
    if not isinstance(shared, dict) or not isinstance(listed, list):
        return data
    merged = [
        {**experiment, "lab": {**shared, **experiment["lab"], **lab}}
        if isinstance(experiment, dict) and isinstance(experiment.get("lab"), dict)
        else experiment
        for experiment in listed
    ]
    return {**data, "lab": {**shared, **lab}, "experiments": merged}
