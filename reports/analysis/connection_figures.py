"""The figures of an experiment about whom the components of nodes are connected to.

loopback_port.ROLE.COMPONENT: the port on their own node's loopback to which all connections go
that the component has opened, on every node with this role, whenever it was looked at; 0 where any
goes elsewhere. masters_port.ROLE.COMPONENT: likewise the port of masters, whichever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.analysis.completeness import first_missing_of
from reports.analysis.evidence import counted, lack_of_trials
from reports.bracket import Figure, exact, unknown
from reports.history.events import Connections, ConnectionsEnd
from reports.history.lab_nodes import components_looked_at, nodes_with
from reports.locale.message import joined, message

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reports.analysis.evidence import Evidence
    from reports.history.schema import ExperimentRecord
    from reports.locale.message import Message

Named = tuple[str, Figure]
# A component that nobody has looked at for longer may have been connected to others meanwhile.
LONGEST_GAP_S = 10.0
LOOPBACK = "127.0.0.1"


def connection_figures(experiment: ExperimentRecord, trials: Sequence[Evidence]) -> Iterator[Named]:
    """Name and measure the figures of one experiment; what was planned and not seen is unknown."""
    masters = {node.name for node in experiment.nodes if "master" in node.roles}
    lack = lack_of_trials(trials)
    for role, component in components_looked_at(experiment.nodes):
        nodes = nodes_with(experiment.nodes, role, component)
        seen = _Seen(component, nodes, counted(trials))
        doubt = lack or seen.doubt
        for name, hosts in (("loopback_port", {LOOPBACK}), ("masters_port", masters)):
            figure = unknown(doubt) if doubt else seen.port_at(hosts)
            yield f"{name}.{role}.{component}", figure


class _Seen:
    """Whom a component was connected to, on all nodes that have it and in all trials."""

    def __init__(self, component: str, nodes: Sequence[str], trials: Sequence[Evidence]) -> None:
        self._component = component
        self._peers: dict[str, set[str]] = {node: set() for node in nodes}
        self._looks = 0
        self.doubt: Message | None = None if trials else message("no-trial")
        for evidence in trials:
            self._add(evidence)
        for node, peers in self._peers.items():
            if not peers and not self.doubt:
                self.doubt = message("never-connected", node=node, component=component)

    def _add(self, evidence: Evidence) -> None:
        for node in self._peers:
            scope = f"{node}/{self._component}"
            lack = first_missing_of(evidence.missing, "connections", scope)
            self.doubt = self.doubt or lack
        for seen in evidence.trial.all_of(Connections):
            if seen.component == self._component and seen.node in self._peers:
                self._peers[seen.node].update(seen.peers)
        for end in evidence.trial.all_of(ConnectionsEnd):
            if end.component == self._component and end.node in self._peers:
                self._looks += end.looks
                if end.longest_gap_s > LONGEST_GAP_S and not self.doubt:
                    self.doubt = message(
                        "connections-not-looked-at",
                        node=end.node,
                        component=end.component,
                        gap_s=end.longest_gap_s,
                    )

    def port_at(self, hosts: set[str]) -> Figure:
        """Return the one port of these hosts to which all connections go; 0 where any does not."""
        ends = {peer for peers in self._peers.values() for peer in peers}
        ports = {end.rpartition(":")[2] for end in ends}
        inside = {end.rpartition(":")[0] for end in ends} <= hosts
        port = int(ports.pop()) if inside and len(ports) == 1 else 0
        return exact(port, self._evidence)

    @property
    def _evidence(self) -> Message:
        """Nodes with the same peers together."""
        same: dict[str, list[str]] = {}
        for node, peers in self._peers.items():
            same.setdefault(", ".join(sorted(peers)), []).append(node)
        parts = [
            message("connected-to", component=self._component, nodes=", ".join(nodes), peers=peers)
            for peers, nodes in same.items()
        ]
        return joined(*parts, message("connections-looks", count=self._looks))
