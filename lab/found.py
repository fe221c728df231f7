"""A cluster that was found and not planned: its nodes, and the components that run on them. Pure.

Whoever finds a cluster describes it by such a value. Everything else in the lab works with the plan
that it makes.
"""

from __future__ import annotations

from dataclasses import dataclass

from lab.nodes import Component, Node  # noqa: TC001 (pydantic reads the record's types)

# The agent on this machine that switches the power of nodes, where their own agents cannot.
POWER_AGENT = "host"


@dataclass(frozen=True)
class FoundCluster:
    """A cluster as it was found.

    `power_agent`: who switches the power of nodes, "" for their own agents. `restart_timeout_s`:
    within which a node that was started again serves.
    """

    nodes: tuple[Node, ...]
    components: tuple[Component, ...]
    power_agent: str = ""
    restart_timeout_s: float = 120.0
