"""Faults by hand, against a running lab: they stay until they are healed, or their time is up."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from chaos.errors import NotConfirmedError
from chaos.faults.injection import Injection
from chaos.faults.registry import check_capable, fault_of
from chaos.journal import Journal
from chaos.targets import parse
from lab.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lab.lab import Lab


def inject(
    lab: Lab, kind: str, target: str, parameters: Mapping[str, str], for_s: float | None
) -> str:
    """Put a fault in, for the lab to own; return what was hit and what was seen.

    Raises InputError, LabError, NotConfirmedError; a fault that nobody saw stays in, as does what
    was put in of one that could not be put in everywhere.
    """
    fault = fault_of(kind, parameters)
    check_capable([kind], lab.plan.spec.runtime)
    selector = parse(target, lab.plan)
    others = {name: parse(text, lab.plan) for name, text in fault.selectors().items()}
    fault.check(selector, others, lab.plan)
    chance = random.Random()
    far = [hit for other in others.values() for hit in other.resolve(lab, chance)]
    injection = Injection(
        *(lab, kind, fault, selector.resolve(lab, chance), tuple(far)), owner="lab", for_s=for_s
    )
    hit = ", ".join(injection.hit)
    injection.look()
    try:
        injection.begin()
        return f"{kind} {hit}: {injection.confirm()}"
    except (LabError, NotConfirmedError) as error:
        raise NotConfirmedError(f"{kind} {hit}: {error}; `halab heal` undoes it") from error


def heal(lab: Lab) -> Iterator[str]:
    """Undo every fault of a lab, node by node; yield what was done where.

    One node that fails stops no other; NotConfirmedError is raised at the end.
    """
    found: set[str] = set()
    errors: list[str] = []
    for node in lab.plan.nodes:
        try:
            healed = lab.agent(node.name).heal(None)
        except LabError as error:
            errors.append(str(error))
            continue
        errors += [f"{node.name} {undo}: {text}" for undo, text in healed.errors.items()]
        yield from (f"{node.name}: undone {undo}" for undo in healed.healed)
        found.update(healed.healed, healed.fired)
    if errors:
        raise NotConfirmedError(f"could not be undone: {'; '.join(errors)}")
    if not found:
        yield "no fault was in"
    journal = Journal(lab.directory)
    for undo in journal.open_undos():
        journal.note(undo, "undone")
