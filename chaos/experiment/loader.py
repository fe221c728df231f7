"""Reads a suite from YAML and checks all that can be checked before anything starts."""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError

import experiments
from chaos import targets
from chaos.errors import InputError, problems_of
from chaos.experiment.schema import Suite, settings_of
from chaos.states import state_series
from lab.components import plan_lab
from reports.history.schema import STATES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chaos.experiment.schema import FaultSpec
    from lab.plan import LabPlan

SHIPPED = Path(experiments.__file__).parent


def find_suite(name: str) -> Path:
    """Return the YAML file that is meant: a path, or the name of a shipped suite."""
    path = Path(name)
    shipped = SHIPPED / f"{name}.yaml"
    if path.exists() or not shipped.exists():
        return path
    return shipped


def select(suite: Suite, only: list[str]) -> Suite:
    """Return the suite with only the named experiments. Raises InputError for unknown ones."""
    known = [experiment.id for experiment in suite.experiments]
    if unknown := sorted(set(only) - set(known)):
        listed = ", ".join(known)
        raise InputError(f"no experiment {', '.join(unknown)} in {suite.name}; it has {listed}")
    chosen = [one for one in suite.experiments if one.id in only or not only]
    return suite.model_copy(update={"experiments": chosen})


def read_mapping(path: Path, what_it_is: str) -> dict[str, Any]:
    """Read a YAML file that holds a mapping. Raises InputError."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path}: {error}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # a date that is none, 3000 [
        raise InputError(f"{path} is no valid YAML: {error}") from error
    if not isinstance(data, dict):
        raise InputError(f"{path}: {what_it_is}")
    return data


def load_suite(path: Path, lab: Mapping[str, Any] | None = None) -> Suite:
    """Read and validate; `lab` overrides keys of the suite's lab.

    All problems are reported together. Raises InputError.
    """
    data = read_mapping(path, "a suite is a mapping with name, lab and experiments")
    if lab:
        asked = data.get("lab", {})
        data["lab"] = {**asked, **lab} if isinstance(asked, dict) else asked
    try:
        suite = Suite.model_validate(data)
    except ValidationError as error:
        raise InputError(f"{path}:\n{problems_of(error)}") from error
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
    names = Counter(one.id for one in suite.experiments)
    names.update(one.id for experiment in suite.experiments for one in experiment.expect)
    problems += [f"the id {name} is given {n} times" for name, n in names.items() if n > 1]
    states = {one.probe for one in state_series(plan)}
    for experiment in suite.experiments:
        problems += [
            f"{experiment.id}: this lab has no {one.probe}; lab.kubelets or lab.masters is missing"
            for one in experiment.expect
            if one.probe in STATES and one.probe not in states
        ]
        checks: list[Callable[[], object]] = [partial(check_fault, experiment.fault, plan)]
        checks += [partial(targets.parse, one.node, plan) for one in experiment.dials]
        checks += [partial(one.resolved, settings) for one in experiment.expect]
        for one in checks:
            try:
                one()
            except InputError as error:
                problems.append(f"{experiment.id}: {error}")
    return problems


def check_fault(fault: FaultSpec, plan: LabPlan) -> None:
    """Check the targets of a fault against a plan. Raises InputError."""
    near = targets.parse(fault.target, plan)
    targets.check_kind(fault.kind, fault.target, near)
    if fault.others is None:
        return
    far = targets.parse(fault.others, plan)
    if set(far.possible(plan)) <= set(near.certain(plan)):
        raise InputError(f"a cut of {fault.target} from {fault.others} has no other side")
