"""What a runtime is: it makes nodes, destroys them, and gives a byte channel to each agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import socket

    from lab.plan import LabPlan


class Runtime(Protocol):
    """The one small face behind which netns, docker and kind stand."""

    @property
    def ports(self) -> dict[str, int]:
        """Worker -> port on the host's loopback that leads to the worker's proxy."""

    def create(self, plan: LabPlan) -> None:
        """Make the nodes and their network. They end with this process until `release`.

        Raises LabError; leaves nothing behind then.
        """

    def release(self) -> None:
        """From here on the nodes outlive this process."""

    def channel(self, node: str) -> socket.socket:
        """Open a new byte channel to a node's agent. Raises AgentError."""

    def alive(self) -> bool:
        """Whether the nodes exist."""

    def destroy(self) -> None:
        """Remove all that `create` made; idempotent. Raises CleanupError."""
