"""Which components ended and were started, as the agents of their nodes recorded it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.errors import LabError
from reports.history.events import ComponentExit, ComponentStart

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.lab import Lab
    from reports.history.events import Event


def report_component_events(lab: Lab, since_s: float, event: Callable[[Event], None]) -> None:
    """Report what happened since a monotonic time. Raises LabError after all agents were asked."""
    failures = []
    for node in (node.name for node in lab.plan.nodes):
        try:
            changes = lab.agent(node).events()
        except LabError as error:
            failures.append(str(error))
            continue
        for change in (change for change in changes if change.at_s >= since_s):
            at_s, component = change.at_s, change.component
            if change.kind == "component_exit":
                event(ComponentExit(at_s, node, component, change.exit_code))
            else:
                event(ComponentStart(at_s, node, component))
    if failures:
        raise LabError("; ".join(failures))
