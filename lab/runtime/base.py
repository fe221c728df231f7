"""What a runtime is: it makes nodes, destroys them, and gives a byte channel to each agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import socket

    from lab.plan import LabPlan


class Runtime(Protocol):
    """The one small face behind which netns, docker and kind stand."""

    def create(self, plan: LabPlan) -> None:
        """Make the nodes and their network. Raises LabError; leaves nothing behind then."""

    def channel(self, node: str) -> socket.socket:
        """Open a new byte channel to a node's agent. Raises AgentError."""

    def destroy(self) -> None:
        """Remove all that `create` made; idempotent."""

    def alive(self) -> bool:
        """Whether the nodes exist."""
