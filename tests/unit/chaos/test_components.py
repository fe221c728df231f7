"""What agents recorded of their components, asked of all of them at once."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest

from chaos.observers.components import report_component_events
from lab.clients.agent import ComponentEvent
from lab.errors import AgentError, LabError
from reports.history.events import ComponentExit, ComponentStart

NODES = ("etcd-1", "etcd-2", "etcd-3")
EXIT = ComponentEvent("component_exit", "etcd", 5.0, 137)
START = ComponentEvent("component_start", "etcd", 6.0, None)


def lab_of(answers):
    """Return a lab whose agents answer when all of them have been asked."""
    together = threading.Barrier(len(NODES))

    def events(node):
        together.wait(10)
        if isinstance(answers[node], Exception):
            raise answers[node]
        return answers[node]

    return SimpleNamespace(
        plan=SimpleNamespace(nodes=[SimpleNamespace(name=name) for name in NODES]),
        agent=lambda node: SimpleNamespace(events=lambda: events(node)),
    )


def test_agents_that_hang_cost_the_timeout_of_one_and_hide_no_other():
    hung = AgentError("no answer within 30 s")
    seen = []
    with pytest.raises(LabError, match="no answer within 30 s; no answer within 30 s"):
        report_component_events(
            lab_of({"etcd-1": hung, "etcd-2": [EXIT, START], "etcd-3": hung}), 5.5, seen.append
        )
    assert seen == [ComponentStart(6.0, "etcd-2", "etcd")]


def test_what_ended_and_what_was_started_is_reported():
    seen = []
    report_component_events(
        lab_of({"etcd-1": [EXIT], "etcd-2": [], "etcd-3": []}), 0.0, seen.append
    )
    assert seen == [ComponentExit(5.0, "etcd-1", "etcd", 137)]
