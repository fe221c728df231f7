"""What a fault is on the node's side, and what it may act on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Optional

from lab.agent.addresses import addresses

if TYPE_CHECKING:
    from lab.agent.disks import Disks
    from lab.agent.processes import Processes


class Host:
    """This node as it was made.

    `network_inode` tells its processes from others', None where there are no others.
    """

    def __init__(self, processes: Processes, disks: Disks, network_inode: Optional[int]) -> None:
        self.processes = processes
        self.disks = disks
        self.network_inode = network_inode
        self.addresses = addresses()


class AgentFault:
    """One execution of a fault, made of the parameters of its kind; `undo` is its name."""

    def __init__(self, host: Host, undo: str) -> None:
        self.host = host
        self.undo = undo

    def check(self) -> None:
        """Raise ValueError when it cannot be done now; nothing is kept to be undone then."""

    def prepare(self) -> None:
        """Get ready, so that `inject` takes no time; nothing happens to the node yet."""

    def drop(self) -> None:
        """Let go of what was prepared and never injected."""

    def inject(self) -> Dict[str, Any]:
        """Do it; return {sent_s, gone_s}, monotonic seconds."""
        raise NotImplementedError

    def heal(self) -> None:
        """Take it back; idempotent. Raises ValueError, OSError."""
        raise NotImplementedError
