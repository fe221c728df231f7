"""A fault on an agent's side, and the node that it may act on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Optional

from lab.agent.addresses import addresses

if TYPE_CHECKING:
    from lab.agent.components import Components
    from lab.agent.disks import Disks


class Host:
    """The node that a fault acts on, with the addresses that it had at its start.

    `network_inode` tells its processes from those of other nodes, None where it sees none of these.
    """

    def __init__(self, processes: Components, disks: Disks, network_inode: Optional[int]) -> None:
        self.processes = processes
        self.disks = disks
        self.network_inode = network_inode
        self.addresses = addresses()


class AgentFault:
    """One execution of a fault, with the parameters of its kind; `undo` is the name of its undo."""

    def __init__(self, undo: str) -> None:
        self.undo = undo

    def check(self) -> None:
        """Raise ValueError when it cannot be injected now; no undo is registered then."""

    def prepare(self) -> None:
        """Get ready, so that `inject` takes no time; nothing happens to the node yet."""

    def drop(self) -> None:
        """Discard what was prepared and not injected."""

    def inject(self) -> Dict[str, Any]:
        """Inject it; return {sent_s, gone_s}, monotonic seconds."""
        raise NotImplementedError

    def heal(self) -> None:
        """Undo it; idempotent. Raises ValueError, OSError."""
        raise NotImplementedError


class NodeFault(AgentFault):
    """A fault of the agent's own node."""

    def __init__(self, host: Host, undo: str) -> None:
        super().__init__(undo)
        self.host = host
