"""The nodes of a lab in run.json, as planned, and what of them is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Sequence


class NodeRecord(BaseModel):
    """A node of the lab. `roles`: etcd, master, worker, balancer.

    `connections`: the components whose connections are looked at.
    """

    model_config = ConfigDict(extra="forbid")

    name: str
    roles: list[str]
    connections: list[str] = []


def components_looked_at(nodes: Sequence[NodeRecord]) -> list[tuple[str, str]]:
    """Return role and name of every component whose connections are looked at."""
    pairs = [(role, name) for node in nodes for role in node.roles for name in node.connections]
    return list(dict.fromkeys(pairs))


def nodes_with(nodes: Sequence[NodeRecord], role: str, component: str) -> list[str]:
    """Return the nodes with a role on which a component's connections are looked at."""
    having = [node for node in nodes if component in node.connections]
    return [node.name for node in having if role in node.roles]
