"""Which components ended and were started, as the agents of their nodes saw it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.errors import LabError
from reports.history.events import ComponentExit, ComponentStart

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.lab import Lab
    from reports.history.events import Event


def tell_components(lab: Lab, since_s: float, event: Callable[[Event], None]) -> None:
    """Hand over what happened since a monotonic time. Raises LabError after all were asked."""
    failures = []
    for node in (node.name for node in lab.plan.nodes):
        try:
            found = lab.agent(node).events()
        except LabError as error:
            failures.append(str(error))
            continue
        for one in (one for one in found if one.at_s >= since_s):
            if one.kind == "component_exit":
                event(ComponentExit(one.at_s, node, one.component, one.exit_code))
            else:
                event(ComponentStart(one.at_s, node, one.component))
    if failures:
        raise LabError("; ".join(failures))
