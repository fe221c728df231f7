"""Faults by hand, against a running lab: they stay until they are healed, or `for_s` is over."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from chaos.errors import NotConfirmedError, message_from, message_of
from chaos.faults.injection import Injection
from chaos.faults.registry import check_faults_capable, fault_of
from chaos.journal import Journal
from chaos.target_parser import parse
from lab.clients.agent import Healed
from lab.errors import LabError
from reports.locale.message import joined, message

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lab.lab import Lab
    from reports.locale.message import Message


def inject(
    lab: Lab, kind: str, target: str, parameters: Mapping[str, str], for_s: float | None
) -> Message:
    """Put a fault in, for the lab to own; return what was hit, with the evidence.

    Raises InputError, LabError, NotConfirmedError; a fault that is not confirmed stays in, as does
    the part of a fault that could not be put in on every node.
    """
    fault = fault_of(kind, parameters)
    check_faults_capable([kind], lab.plan.spec.runtime)
    selector = parse(target, lab.plan)
    others = {name: parse(text, lab.plan) for name, text in fault.selectors().items()}
    fault.check(selector, others, lab.plan)
    chance = random.Random()
    targets = selector.resolve(lab, chance)
    far = tuple(hit for other in others.values() for hit in other.resolve(lab, chance))
    injection = Injection(lab, kind, fault, targets, far, owner="lab", for_s=for_s)
    hit = ", ".join(injection.hit)
    injection.choose_observers()
    try:
        injection.begin()
        return message("put-in-by-hand", fault=kind, hit=hit, evidence=injection.confirm())
    except (LabError, NotConfirmedError) as error:
        why = message("not-put-in-by-hand", fault=kind, hit=hit, reason=message_of(error))
        raise NotConfirmedError(why) from error


def heal(lab: Lab) -> Iterator[Message]:
    """Undo every fault of a lab, on all nodes at once; yield what was done where.

    A node that fails or hangs stops no other; NotConfirmedError is raised at the end.
    """
    undone: set[str] = set()
    errors: list[Message] = []
    for agent, healed in _all_healed(lab):
        if not isinstance(healed, Healed):
            errors.append(healed)
            continue
        errors += [
            message("labelled", name=f"{agent} {undo}", text=message_from(why))
            for undo, why in healed.errors.items()
        ]
        yield from (message("undone", node=agent, undo=undo) for undo in healed.healed)
        undone.update(healed.healed, healed.fired)
    if errors:
        raise NotConfirmedError(message("not-undone", errors=joined(*errors)))
    if not undone:
        yield message("no-fault-was-in")
    journal = Journal(lab.directory)
    for undo in journal.open_undos():
        journal.note(undo, "undone")


def _all_healed(lab: Lab) -> Iterator[tuple[str, Healed | Message]]:
    """Undo every fault of every agent; yield it and what it did."""
    nodes = {node.name for node in lab.plan.nodes}
    # A node without power has no agent: it has one when the agent outside has switched it on.
    outside = [agent for agent in lab.plan.agents if agent not in nodes]
    inside = [agent for agent in lab.plan.agents if agent in nodes]
    for agents in (outside, inside):
        with ThreadPoolExecutor(max(1, len(agents))) as pool:
            yield from zip(agents, pool.map(lambda agent: _healed(lab, agent), agents), strict=True)


def _healed(lab: Lab, agent: str) -> Healed | Message:
    """Undo every fault of an agent; return what was done, or why nothing was."""
    try:
        return lab.agent(agent).heal(None)
    except LabError as error:
        return message_of(error)
