"""Which components ended and were started, as the agents of their nodes recorded it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from lab.errors import LabError
from lab.sentence import joined
from reports.history.events import ComponentExit, ComponentStart

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.clients.agent import ComponentEvent
    from lab.lab import Lab
    from reports.history.events import Event


def report_component_events(lab: Lab, since_s: float, event: Callable[[Event], None]) -> None:
    """Report what happened since a monotonic time. Raises LabError after all agents were asked.

    They are asked side by side: those that hang cost the timeout of one.
    """
    nodes = [node.name for node in lab.plan.nodes]

    def ask(node: str) -> list[ComponentEvent] | LabError:
        try:
            return lab.agent(node).events()
        except LabError as error:
            return error

    with ThreadPoolExecutor(len(nodes)) as pool:
        answers = dict(zip(nodes, pool.map(ask, nodes), strict=True))
    for node, answer in answers.items():
        if isinstance(answer, LabError):
            continue
        for change in (change for change in answer if change.at_s >= since_s):
            at_s, component = change.at_s, change.component
            if change.kind == "component_exit":
                event(ComponentExit(at_s, node, component, change.exit_code))
            else:
                event(ComponentStart(at_s, node, component))
    if failures := [answer.why for answer in answers.values() if isinstance(answer, LabError)]:
        raise LabError(joined(failures))
