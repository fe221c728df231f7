"""Reads a proof from YAML and checks all that can be checked before anything starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from chaos.errors import InputError, problems_of
from chaos.experiment.loader import check_fault, read_mapping
from chaos.proof.schema import ANOTHER, ProofSpec
from chaos.targets import parse
from lab.components import plan_lab

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from chaos.proof.schema import Step
    from lab.plan import LabPlan

WHAT_IT_IS = "a proof is a mapping with kind, name, title, hypothesis, lab and steps"


def is_proof(path: Path) -> bool:
    """Whether a file says that it is a proof; a suite says nothing. Raises InputError."""
    what = "an experiment is a mapping: a suite with name, lab and experiments, or a proof"
    return read_mapping(path, what).get("kind") == "proof"


def load_proof(path: Path, lab: Mapping[str, Any] | None = None) -> ProofSpec:
    """Read and validate; `lab` overrides keys of the proof's lab.

    All problems are reported together. Raises InputError.
    """
    data = read_mapping(path, WHAT_IT_IS)
    if lab:
        asked = data.get("lab", {})
        data["lab"] = {**asked, **lab} if isinstance(asked, dict) else asked
    try:
        proof = ProofSpec.model_validate(data)
    except ValidationError as error:
        raise InputError(f"{path}:\n{problems_of(error)}") from error
    plan = plan_lab(proof.lab)
    problems = []
    for number, step in enumerate(proof.steps):
        try:
            _check(step, plan, proof.steps[:number])
        except InputError as error:
            problems.append(f"  steps.{number}: {error}")
    if problems:
        raise InputError("\n".join([f"{path}:", *problems]))
    return proof


def _check(step: Step, plan: LabPlan, before: list[Step]) -> None:
    if step.replace is not None:
        chosen = parse(step.replace.target, plan)
        if chosen.role != "etcd" or chosen.pick in ("majority", "all") or chosen.count > 1:
            raise InputError(f"replace {step.replace.target}: one etcd member at a time")
        if step.replace.how == "add-first":
            _check_add_first(step.replace.target, chosen.possible(plan), plan)
    elif step.fault is not None and step.fault.target == ANOTHER:
        if not any(one.replace for one in before):
            raise InputError(f"target {ANOTHER!r}: no earlier step has replaced a member")
    elif step.fault is not None:
        check_fault(step.fault, plan)


def _check_add_first(target: str, possible: list[str], plan: LabPlan) -> None:
    """Of those that are left, one must be strict and one lenient."""
    members = [node.name for node in plan.with_role("etcd")]
    strict = members[: len(members) - plan.spec.lenient_etcd]
    if len(strict) == len(members):
        raise InputError("add-first needs a member that takes it: lab.lenient_etcd")
    if len(strict) < 2 or not set(possible) <= set(strict):
        raise InputError(f"replace {target}: it must be a strict one (a member but the last ones)")
