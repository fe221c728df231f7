"""The trunks of one process: one for each node, entered with the first channel to it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from lab.runtime.docker.exec_stream import Trunk


class Trunks:
    """`enter` opens a trunk to a node, or raises AgentError."""

    def __init__(self, enter: Callable[[str], Trunk]) -> None:
        self._enter = enter
        self._trunks: dict[str, Trunk] = {}
        self._lock = threading.RLock()

    def channel(self, node: str) -> socket.socket:
        """Open a channel; where there is no trunk, or a broken one, enter first."""
        with self._lock:
            trunk = self._trunks.get(node)
            if trunk is None or trunk.broken:
                trunk = self._trunks[node] = self._enter(node)
        return trunk.channel()

    def add(self, trunk: Trunk) -> None:
        """Use a trunk that was opened already."""
        with self._lock:
            self._trunks[trunk.node] = trunk

    def forget(self, node: str) -> None:
        """End the trunk to a node that has ended."""
        with self._lock:
            trunk = self._trunks.pop(node, None)
        if trunk is not None:
            trunk.stop()

    def close(self) -> None:
        """End all of them."""
        with self._lock:
            for trunk in self._trunks.values():
                trunk.close()
            self._trunks.clear()
