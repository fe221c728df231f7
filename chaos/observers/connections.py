"""Looks at whom the components of nodes are connected to while a trial runs, from their sockets.

A connection that is shorter than the time between two looks may be missed: what asks the API keeps
its connections open.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from chaos.node_threads import NodeThreads
from lab.errors import LabError
from reports.history.events import Connections, ConnectionsEnd

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping, Sequence

    from lab.lab import Lab
    from lab.plan import LabPlan
    from reports.history.events import Event

POLL_S = 1.0
# At the end, for all together; an agent answers within its own timeout.
JOIN_TIMEOUT_S = 6.0
# Whom these ask is what documents state; they exist where a lab has kubelets, and on masters.
CLIENTS = ("kubelet", "kube-proxy", "kube-scheduler", "kube-controller-manager")


def looked_at(plan: LabPlan, node: str) -> list[str]:
    """Return the components of a node whose sockets are looked at, in a lab with kubelets."""
    if not plan.kubelet_nodes:
        return []
    of_node = [part.name for part in plan.components if part.node == node]
    worker = "worker" in plan.node(node).roles
    own = {part.name for part in plan.frontends(node) if part.node == node} if worker else set()
    return [name for name in of_node if name in own or name in CLIENTS]


class ConnectionWatch(NodeThreads):
    """`event` gets whom each component is connected to, first and at every change.

    `planned`: node -> components. In absolute monotonic seconds. An agent that does not answer
    leaves a gap, whose length is part of the last event.
    """

    def __init__(
        self, lab: Lab, planned: Mapping[str, Sequence[str]], event: Callable[[Event], None]
    ) -> None:
        self._lab = lab
        self._planned = planned
        self._event = event
        self._names = {node.address: node.name for node in lab.plan.nodes}
        super().__init__(planned, self._watch, JOIN_TIMEOUT_S)

    def _watch(self, node: str, stop: threading.Event) -> None:
        looks = _Looks(time.monotonic())
        while not stop.is_set():
            try:
                with self._lab.open_agent(node) as agent:
                    while True:
                        peers = agent.peers(self._planned[node])
                        looks.add(time.monotonic())
                        self._report(node, peers, looks)
                        if stop.wait(POLL_S):
                            break
            except LabError:
                stop.wait(POLL_S)
        end_s = time.monotonic()
        for component in self._planned[node]:
            gap_s = looks.longest_gap_s(end_s)
            self._event(ConnectionsEnd(end_s, node, component, looks.count, gap_s))

    def _report(self, node: str, peers: Mapping[str, list[str] | None], looks: _Looks) -> None:
        for component, ends in peers.items():
            state = None if ends is None else sorted(self._named(end) for end in ends)
            if looks.changed(component, state):
                runs = state is not None
                self._event(Connections(looks.last_s, node, component, runs, state or []))

    def _named(self, end: str) -> str:
        """Return NODE:PORT of ADDRESS:PORT, where a node of the lab has the address."""
        address, _, port = end.rpartition(":")
        return f"{self._names.get(address, address)}:{port}"


class _Looks:
    """How often a node was looked at, and what was seen last of each component."""

    def __init__(self, begun_s: float) -> None:
        self.count = 0
        self.last_s = begun_s
        self._gap_s = 0.0
        self._states: dict[str, list[str] | None] = {}

    def add(self, at_s: float) -> None:
        self.count += 1
        self._gap_s, self.last_s = max(self._gap_s, at_s - self.last_s), at_s

    def longest_gap_s(self, end_s: float) -> float:
        return max(self._gap_s, end_s - self.last_s)

    def changed(self, component: str, state: list[str] | None) -> bool:
        changed = component not in self._states or self._states[component] != state
        self._states[component] = state
        return changed
