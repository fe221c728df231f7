"""Reads a proof from YAML and checks all that can be checked before anything starts."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from chaos import targets
from chaos.errors import InputError, problems_of
from chaos.experiment.loader import check_fault, read_mapping
from chaos.proof.schema import FaultStep, Proof
from lab.components import plan_lab

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

WHAT_IT_IS = "a proof is a mapping with kind, name, title, lab and steps"


def is_proof(path: Path) -> bool:
    """Whether a YAML file describes a proof. Raises InputError when it is none at all."""
    return read_mapping(path, "this is no mapping").get("kind") == "proof"


def load_proof(path: Path, lab: Mapping[str, Any] | None = None) -> Proof:
    """Read and validate; `lab` overrides keys of its lab. Raises InputError with all problems."""
    data = read_mapping(path, WHAT_IT_IS)
    if lab:
        data["lab"] = {**data.get("lab", {}), **lab}
    try:
        proof = Proof.model_validate(data)
    except ValidationError as error:
        raise InputError(f"{path}:\n{problems_of(error)}") from error
    if problems := _problems(proof):
        raise InputError("\n".join([f"{path}:", *(f"  {problem}" for problem in problems)]))
    return proof


def _problems(proof: Proof) -> list[str]:
    plan = plan_lab(proof.lab)
    names = Counter(step.id for step in proof.steps)
    problems = [f"the id {name} is given {n} times" for name, n in names.items() if n > 1]
    for step in proof.steps:
        try:
            targets.parse(step.target, plan)
            if isinstance(step, FaultStep):
                check_fault(step.fault, plan)
        except (InputError, ValidationError) as error:
            problems.append(f"steps.{step.id}: {error}")
    return problems
