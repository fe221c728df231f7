"""The interface of a running lab, for the code that starts its components and checks them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lab.clients.agent import AgentClient
    from lab.clients.https import HttpsEndpoint
    from lab.nodes import Component
    from lab.plan import LabPlan
    from lab.registry import LabRecord


class RunningLab(Protocol):
    """A lab that runs: its plan, its record, its agents and endpoints."""

    @property
    def plan(self) -> LabPlan:
        """Its nodes and components."""

    @property
    def record(self) -> LabRecord:
        """Its record on disk."""

    def agent(self, node: str) -> AgentClient:
        """Return the channel to a node's agent."""

    def boot(self, node: str) -> str:
        """Return the boot id of a node's agent."""

    def command(self, component: Component, find: Callable[[str], str]) -> list[str]:
        """Return how an agent starts a component; `find`: name -> path on this machine."""

    def etcd(self, node: str) -> HttpsEndpoint:
        """Return one etcd member."""

    def apiserver(self, node: str) -> HttpsEndpoint:
        """Return one master's apiserver."""

    def proxy(self, worker: str) -> HttpsEndpoint:
        """Return the apiservers as a worker sees them."""

    def log(self, node: str, component: str) -> Path:
        """Return the log file of a component."""
