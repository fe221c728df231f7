"""A step that breaks something, holds it, heals it, and waits until nobody is behind."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from chaos.faults import Injection, choose
from chaos.journal import Journal, new_undo
from chaos.proof.schema import ANOTHER

if TYPE_CHECKING:
    from chaos.experiment.schema import FaultSpec
    from chaos.proof.context import Context


def break_and_heal(context: Context, spec: FaultSpec, hold_s: float) -> None:
    """Put the fault in, hold it and take it back, however this ends."""
    lab, event = context.lab, context.event
    fault = choose(_named(context, spec), lab, context.chance)
    nodes = [target.node for target in fault.targets]
    injection = Injection(new_undo())
    journal = Journal(lab.directory)
    journal.note(injection.undo, "planned", fault=spec.kind, on=nodes)
    try:
        event("inject_begin", fault=spec.kind, nodes=nodes)
        fault.inject(lab, injection)
        event("effect_confirmed", fault=spec.kind, nodes=nodes, evidence=fault.confirm(lab))
        time.sleep(hold_s)
        revision = context.clients.acknowledged
        event("heal_begin", nodes=nodes)
    finally:
        fault.undo(lab, injection)
        event("heal_end", nodes=nodes)
        journal.note(injection.undo, "undone")
    context.wait_rejoined(nodes, revision)
    event("heal_confirmed", nodes=nodes, evidence=fault.confirm_undone(lab))


def _named(context: Context, spec: FaultSpec) -> FaultSpec:
    """Choose another member than those that were replaced, where that is asked for."""
    if spec.target != ANOTHER:
        return spec
    old = [name for name in context.members if name not in context.replaced]
    return spec.model_copy(update={"target": context.chance.choice(old)})
